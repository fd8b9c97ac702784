"""From a denied pair to its root cause: the rule that was meant for it and missed, or the policy that isolates.

Pairs whose subject has the same policies and whose peer is alike have the same cause; it is worked out once for all of
them, so that the time follows the number of causes and not of pods.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ringfence.diagnose.pairs import Denied
from ringfence.engine import Engine
from ringfence.explain.causes import Cause, CauseKind, causes_of
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.judge import Judgement, direction_of, judge
from ringfence.explain.near_subjects import asked, near_subjects
from ringfence.explain.words import object_name
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod, Service
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.policy import Direction, Policy, StageKind
from ringfence.model.ports import Protocol

_UNRELATED = 5
"""A cause as far off as this is no slip: nothing was written for the connection."""

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Root:
    """A root cause. Equal keys are one cause, whatever each pair's own text says."""

    key: Hashable
    kind: CauseKind
    text: str
    policy: ObjectRef | None
    origin: Origin


class Roots:
    """Finds root causes, each once."""

    def __init__(self, engine: Engine, endpoints: Endpoints, findings: Sequence[Finding] = ()) -> None:
        self._engine = engine
        self._endpoints = endpoints
        self._findings = findings
        self._known: dict[Hashable, Root] = {}
        self._last: tuple[Denied, Judgement, tuple[Cause, ...]] | None = None

    def of(
        self, direction: Direction, denied: Denied, protocol: Protocol, source: End, service: Service | None
    ) -> Root:
        """The cause on one side of a denied pair; ``source`` is what the pair's source is a replica of."""
        subject, peer = denied.source, denied.target.endpoint
        if direction is Direction.INGRESS:
            subject, peer = peer, subject
        engine = self._engine
        atom = engine.atom(subject)
        key = engine.profile(direction, atom), engine.atom(peer), protocol, denied.target.port
        if key not in self._known:
            self._known[key] = self._find(direction, denied, protocol, source, service)
        return self._known[key]

    def isolation(self, direction: Direction, pod: Pod) -> Root | None:
        """The policy that isolates a pod, if a NetworkPolicy does."""
        engine = self._engine
        _, numbers, _ = engine.profile(direction, engine.atom(pod))
        policies = [
            engine.program.compiled[number].policy
            for number in numbers
            if engine.program.stages[engine.program.compiled[number].stage][1].closes
        ]
        return self._isolating(direction, policies)

    def _find(
        self, direction: Direction, denied: Denied, protocol: Protocol, source: End, service: Service | None
    ) -> Root:
        judgement, every = self._judged(denied, protocol, source, service)
        causes = [cause for cause in every if cause.direction is direction]
        if not causes:  # a tier that denies what none of its rules matches
            end = denied.source if direction is Direction.EGRESS else denied.target.endpoint
            name = end.workload if isinstance(end, Pod) else end
            text = f"The policies that apply to {name} deny its {direction} here."
            return Root(("side", direction, str(name)), CauseKind.NO_RULE, text, None, UNKNOWN)
        cause = causes[0]
        if cause.kind in (CauseKind.NO_RULE, CauseKind.SUBJECT_LABEL) or (
            cause.distance >= _UNRELATED and not _meant(cause)
        ):
            missed = self._unselected(judgement, direction)
            if missed is not None:
                return missed
            changed = next((each for each in causes if each.kind is CauseKind.NAMESPACE_LABEL), None)
            if changed is not None:  # a label that may have been changed: no slip, and no accident either
                return _named(changed)
            return self._isolating(direction, _selecting(judgement, direction)) or _named(cause)
        return _named(cause)

    def _unselected(self, judgement: Judgement, direction: Direction) -> Root | None:
        """A policy that would allow it, were its podSelector not a label off."""
        denied = next(g.verdict for g in judgement.groups if not direction_of(g.verdict, direction).allowed)
        pod = denied.source if direction is Direction.EGRESS else denied.destination
        if not isinstance(pod, Pod):
            return None
        policies = self._by_namespace.get(pod.namespace, [])
        for policy, _, _, failed in near_subjects(policies, denied, direction, self._engine.facts):
            what = " and ".join(asked(one, pod) for one in failed)
            name = object_name(policy.ref)
            text = f"{name} would allow it, but its podSelector asks for {what} the pods of {pod.workload}."
            place = policy.subject.origin if policy.subject.origin.position.file else policy.origin
            return Root(("subject", policy.ref), CauseKind.POD_LABEL, text, policy.ref, place)
        return None

    def _policies_beside(self, denied: Denied) -> list[Policy]:
        """The NetworkPolicies of the namespaces at both ends: no other could have been meant."""
        ends = denied.source, denied.target.endpoint
        namespaces = dict.fromkeys(end.namespace for end in ends if isinstance(end, Pod))
        return [policy for name in namespaces for policy in self._by_namespace.get(name, ())]

    @cached_property
    def _by_namespace(self) -> dict[str, list[Policy]]:
        found: dict[str, list[Policy]] = {}
        for _, stage in self._engine.program.stages:
            if stage.kind is StageKind.ADDITIVE:
                for policy in stage.policies:
                    if policy.subject.namespace is not None:
                        found.setdefault(policy.subject.namespace, []).append(policy)
        return found

    def _judged(
        self, denied: Denied, protocol: Protocol, source: End, service: Service | None
    ) -> tuple[Judgement, tuple[Cause, ...]]:
        """The judgement of a pair and its causes; kept, because both sides of one pair are asked in turn."""
        if self._last is None or self._last[0] is not denied:
            judgement = self._judgement(denied, protocol, source, service)
            known = self._endpoints.services, self._findings, self._policies_beside(denied)
            causes = causes_of(judgement, self._engine.facts, *known)
            self._last = denied, judgement, causes
        return self._last[1:]

    def _judgement(self, denied: Denied, protocol: Protocol, source: End, service: Service | None) -> Judgement:
        """The pair judged with all its replicas, so that texts can count them, unless those are very many."""
        target = denied.target
        ends = source.endpoints if len(source.endpoints) <= _SHOWN else (denied.source,)
        if service is not None and not service.headless:
            name = f"service:{service.namespace}/{service.name}"
        else:
            name = str(target.endpoint.workload) if isinstance(target.endpoint, Pod) else str(target.endpoint)
        return judge(
            self._engine,
            self._endpoints,
            End(source.text, ends),
            End(name, (target.endpoint,), None if isinstance(target.endpoint, Pod) else service),
            protocol,
            target.port,
        )

    def _isolating(self, direction: Direction, policies: list[Policy]) -> Root | None:
        """The policy that isolates most broadly: a default deny before the policies that add to it."""
        found = [policy for policy in policies if direction in policy.isolates]
        if not found:
            return None
        broadest = min(found, key=lambda p: (p.subject.pods != EVERYTHING, len(p.rules(direction)), str(p.ref)))
        text = f"{object_name(broadest.ref)} isolates {_selected(broadest)}, and no rule allows what they need."
        return Root(("isolation", broadest.ref), CauseKind.NO_RULE, text, broadest.ref, broadest.origin)


def _selected(policy: Policy) -> str:
    subject = policy.subject
    where = f" of namespace {subject.namespace}" if subject.namespace is not None else ""
    if not where and subject.namespaces != EVERYTHING:
        where = f" of namespaces {subject.namespaces}"
    return f"every pod{where}" if subject.pods == EVERYTHING else f"pods {subject.pods}{where}"


def _meant(cause: Cause) -> bool:
    """True for a range on just the port asked for: an address has no labels by which it could come nearer."""
    return cause.kind is CauseKind.ADDRESS and cause.trace is not None and cause.trace.rule.ports is not None


def _named(cause: Cause) -> Root:
    trace = cause.trace
    if trace is None:
        return Root((cause.kind, cause.text), cause.kind, cause.text, None, cause.origin)
    key = "rule", trace.policy.ref, trace.direction, trace.index
    return Root(key, cause.kind, cause.text, trace.policy.ref, cause.origin)


def _selecting(judgement: Judgement, direction: Direction) -> list[Policy]:
    for group in judgement.groups:
        side = direction_of(group.verdict, direction)
        if not side.allowed and side.stages:
            return list(side.stages[-1].selecting)
    return []
