"""Policies that select no pod, and peers that match nobody."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.diagnose.report import Remark, Topic
from ringfence.engine import Engine
from ringfence.explain.causes import object_name
from ringfence.model.finding import Severity
from ringfence.model.labels import EVERYTHING, LabelExpr
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.origin import Origin
from ringfence.model.policy import Direction, PodPeer, Policy, PolicySet

_SHOWN = 3


def idle(engine: Engine, snapshot: Snapshot, policy_set: PolicySet, *, whole: bool) -> Iterator[Remark]:
    """A remark for each policy without pods, and for each pod peer that matches none.

    An application's manifests lack the pods of other namespaces: what may mean those is no remark unless the input is
    ``whole``. A selector for a namespace of which the input has no pod is none either way.
    """
    search = _Search(snapshot)
    inhabited = {pod.namespace for pod in snapshot.pods}
    for policy in policy_set.policies():
        if not engine.universe.pod_bits(policy.subject):
            if whole if policy.subject.namespace is None else policy.subject.namespace in inhabited:
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

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._elsewhere: dict[LabelExpr, list[Pod]] = {}

    def elsewhere(self, peer: PodPeer) -> bool:
        """True where the input has pods with the labels, whatever their namespace."""
        return peer.pods != EVERYTHING and bool(self._with_labels(peer.pods))

    def selects_nothing(self, policy: Policy) -> Remark:
        what = f"{object_name(policy.ref)} selects no pod{self._hint(policy.subject, subject=True)}."
        change = "Compare its podSelector with the labels of the pod templates, or delete it."
        return Remark(Topic.SELECTS_NOTHING, Severity.WARNING, what, policy.origin, policy.ref, change)

    def matches_nobody(
        self, policy: Policy, direction: Direction, number: int, peer: PodPeer, origin: Origin
    ) -> Remark:
        what = f"{object_name(policy.ref)}, {direction} rule {number + 1}: {_described(peer)} matches no pod"
        what += f"{self._hint(peer, subject=False)}."
        change = "Correct the labels, or take the entry out."
        return Remark(Topic.MATCHES_NOBODY, Severity.WARNING, what, origin, policy.ref, change)

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


def _described(peer: PodPeer) -> str:
    """The entry as its author wrote it: ``pods app=cart of namespace data``."""
    pods = f"pods {peer.pods}" if peer.pods != EVERYTHING else "every pod"
    if peer.namespace is not None:
        return f"{pods} of namespace {peer.namespace}"
    return f"{pods} of namespaces {peer.namespaces}" if peer.namespaces != EVERYTHING else f"{pods} of any namespace"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
