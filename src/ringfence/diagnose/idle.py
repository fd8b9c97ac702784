"""Policies that select no pod, and peers that match nobody; those that miss by a label or a namespace before others."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.diagnose.remedies import Remedies
from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.slips import is_slip, pod_miss
from ringfence.explain.words import object_name
from ringfence.fix.shapes import value_at
from ringfence.model.codes import NEAR_MISS_LABELS, PEER_MATCHES_NO_POD, SELECTS_NO_POD
from ringfence.model.finding import Severity
from ringfence.model.labels import EVERYTHING, LabelExpr, Operator, Requirement
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.policy import Direction, PodPeer, Policy, PolicySet

_SHOWN = 3


def idle(
    engine: Engine, snapshot: Snapshot, policy_set: PolicySet, remedies: Remedies, *, whole: bool
) -> Iterator[Remark]:
    """A remark for each policy without pods, and for each pod peer that matches none.

    A policy that misses pods of its namespace by a label, or whose namespace has no pod while another has pods with
    the labels, was probably meant for those.

    An application's manifests lack the pods of other namespaces: what may mean those is no remark unless the input is
    ``whole``. A selector for a namespace of which the input has no pod is none either way.
    """
    search = _Search(snapshot, engine, remedies)
    inhabited = {pod.namespace for pod in snapshot.pods}
    for policy in policy_set.policies():
        if not engine.universe.pod_bits(policy.subject):
            if policy.subject.namespace is None:
                likely = whole
            else:
                likely = policy.subject.namespace in inhabited or (whole and search.elsewhere(policy.subject))
            if likely:
                yield search.selects_nothing(policy)
            continue
        for direction in Direction:
            for number, rule in enumerate(policy.rules(direction)):
                for peer in rule.peers or ():
                    if not isinstance(peer, PodPeer) or engine.universe.pod_bits(peer):
                        continue
                    if peer.namespace in inhabited or (peer.namespace is None and (whole or search.elsewhere(peer))):
                        origin = peer.origin if peer.origin.position.file else rule.origin
                        yield search.matches_nobody(policy, direction, number, peer, origin)


class _Search:
    """Says what a selector would match elsewhere: on the host network, or in another namespace."""

    def __init__(self, snapshot: Snapshot, engine: Engine, remedies: Remedies) -> None:
        self._snapshot = snapshot
        self._engine = engine
        self._remedies = remedies
        self._elsewhere: dict[LabelExpr, list[Pod]] = {}

    def elsewhere(self, peer: PodPeer) -> bool:
        """True where the input has pods with the labels, whatever their namespace."""
        return peer.pods != EVERYTHING and bool(self._with_labels(peer.pods))

    def selects_nothing(self, policy: Policy) -> Remark:
        near = self._near(policy)
        if near is not None:
            return self._missed(policy, *near)
        others = self._others(policy)
        what = f"{object_name(policy.ref)} selects no pod{self._hint(policy.subject, subject=True)}."
        if others:
            change = f"Write metadata.namespace: {others[0]}, if pods there are meant, and delete this one."
            command = self._moved(policy, others[0])
            topic = Topic.MISSED
        else:
            change = "Compare its podSelector with the labels of the pod templates, or delete it."
            command, topic = (), Topic.SELECTS_NOTHING
        namespaces = frozenset({policy.ref.namespace, *others})
        return Remark(
            topic, Severity.WARNING, what, policy.origin, policy.ref, change, command, SELECTS_NO_POD, (), namespaces
        )

    def _near(self, policy: Policy) -> tuple[Pod, Requirement] | None:
        """A pod of the namespace that the podSelector misses by one label, with what it asks for."""
        facts = self._engine.facts
        for pod in self._snapshot.pods:
            if pod.namespace == policy.subject.namespace and not pod.host_network:
                miss = pod_miss(policy.subject, pod, facts)
                if miss is not None and miss.count == 1 and miss.pod and is_slip(miss, pod, facts):
                    return pod, miss.pod[0]
        return None

    def _missed(self, policy: Policy, pod: Pod, asked: Requirement) -> Remark:
        has = f"`{asked.key}={pod.labels[asked.key]}`" if asked.key in pod.labels else f"no label `{asked.key}`"
        what = f"{object_name(policy.ref)} selects no pod: it asks for `{asked}`, and {pod.workload} has {has}."
        origin = policy.subject.origin if policy.subject.origin.position.file else policy.origin
        change = "Write the label that the pods have, if they are meant: then the policy isolates them."
        commands = self._corrected(policy, pod, asked)
        return Remark(
            Topic.MISSED, Severity.WARNING, what, origin, policy.ref, change, commands, NEAR_MISS_LABELS, (_ref(pod),)
        )

    def _corrected(self, policy: Policy, pod: Pod, asked: Requirement) -> tuple[str, ...]:
        """The command that writes the pods' own value into the podSelector, or takes out a label that they lack."""
        path = ("spec", "podSelector", "matchLabels", asked.key)
        raw = self._remedies.world.raw(policy.ref)
        if raw is None or asked.operator is not Operator.IN or value_at(raw.body, path) is None:
            return ()
        value = pod.labels.get(asked.key)
        edit = Edit(EditOp.REMOVE, path) if value is None else Edit(EditOp.REPLACE, path, value)
        patch = Patch(f"Correct the podSelector of {policy.ref}", policy.ref, (edit,))

        def selects(after: Engine) -> bool:
            found = next(each for each in after.policy_set.policies() if each.ref == policy.ref)
            return after.atom(pod) in after.program.subjects(found, after.universe)

        return self._remedies.patch(patch, selects)

    def _others(self, policy: Policy) -> list[str]:
        """The namespaces with pods that a policy of a namespace without pods would select."""
        subject = policy.subject
        if subject.namespace is None or subject.pods == EVERYTHING:
            return []
        if any(pod.namespace == subject.namespace for pod in self._snapshot.pods):
            return []
        return sorted({pod.namespace for pod in self._with_labels(subject.pods) if not pod.host_network})

    def _moved(self, policy: Policy, namespace: str) -> tuple[str, ...]:
        """The command that makes the same policy in another namespace, where the cluster has it."""
        return self._remedies.moved(policy.ref, namespace)

    def matches_nobody(
        self, policy: Policy, direction: Direction, number: int, peer: PodPeer, origin: Origin
    ) -> Remark:
        what = f"{object_name(policy.ref)}, {direction} rule {number + 1}: {_described(peer)} matches no pod"
        what += f"{self._hint(peer, subject=False)}."
        change = "Correct the labels, or take the entry out."
        return Remark(
            Topic.MATCHES_NOBODY, Severity.WARNING, what, origin, policy.ref, change, code=PEER_MATCHES_NO_POD
        )

    def _hint(self, peer: PodPeer, *, subject: bool) -> str:
        if peer.pods == EVERYTHING:
            empty = peer.namespace is None and self._namespaces_without_pods(peer)
            return f": namespace {empty} has no pod in the input" if empty else ""
        pods = self._with_labels(peer.pods)
        host = sorted({str(pod.workload) for pod in pods if pod.host_network and self._in(pod, peer)})
        if host:
            return f": {_listed(host)} has these labels, but pods of the host network are outside pod policy"
        others = sorted({pod.namespace for pod in pods if not pod.host_network})
        if not others:
            return ""
        where = f"namespace {others[0]}" if len(others) == 1 else f"namespaces {_listed(others)}"
        if subject:
            return f"; pods with these labels are in {where}, and a policy selects pods of its own namespace only"
        if peer.namespace is not None:
            return (
                f": it looks only in namespace {peer.namespace}, and pods with these labels are in {where}; "
                "to mean both labels and namespace, put both selectors into one entry"
            )
        return f"; pods with these labels are in {where}, whose labels the namespaceSelector doesn't match"

    def _with_labels(self, labels: LabelExpr) -> list[Pod]:
        found = self._elsewhere.get(labels)
        if found is None:
            found = self._elsewhere[labels] = [pod for pod in self._snapshot.pods if labels.matches(pod.labels)]
        return found

    def _in(self, pod: Pod, peer: PodPeer) -> bool:
        if peer.namespace is not None:
            return pod.namespace == peer.namespace
        return peer.namespaces.matches(self._snapshot.namespaces[pod.namespace].labels)

    def _namespaces_without_pods(self, peer: PodPeer) -> str:
        found = [
            name for name, ns in self._snapshot.namespaces.items() if ns.given and peer.namespaces.matches(ns.labels)
        ]
        return _listed(found)


def _ref(pod: Pod) -> ObjectRef:
    return ObjectRef(pod.workload.kind, pod.workload.name, pod.workload.namespace)


def _described(peer: PodPeer) -> str:
    """The entry as its author wrote it: ``pods app=cart of namespace data``."""
    pods = f"pods {peer.pods}" if peer.pods != EVERYTHING else "every pod"
    if peer.namespace is not None:
        return f"{pods} of namespace {peer.namespace}"
    return f"{pods} of namespaces {peer.namespaces}" if peer.namespaces != EVERYTHING else f"{pods} of any namespace"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
