"""Policies that were probably meant to deny a connection which is allowed, and what keeps them from it.

A guard that selects nothing looks like any other in a listing. Four slips make one: a label that is spelt otherwise
than the pods', a label that the pods lack, another namespace, and a direction that ``policyTypes`` leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.engine import Engine
from ringfence.engine.match import peer_matches, pod_matches, rule_ports
from ringfence.explain.candidates import candidates
from ringfence.explain.causes import Cause, CauseKind
from ringfence.explain.judge import Judgement, direction_of
from ringfence.explain.slips import IDENTITY_KEYS, PodMiss, alike, pod_miss
from ringfence.explain.words import object_name, share
from ringfence.model.labels import EVERYTHING, Labels, Operator, Requirement
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, Direction, PodPeer, Policy, Rule, StageKind
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import Endpoint

Written = Callable[[ObjectRef, Direction], bool]
"""Whether a manifest has the list of rules of a direction, be it empty."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A label that a selector asks for, and the one that the pods, or their namespaces, have in its place."""

    asked: Requirement
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Meant:
    """A policy that would deny the connection, were it not for one slip.

    ``pods`` and ``namespaces`` are labels that are spelt otherwise; ``lacking`` those that the pods don't have at all;
    ``moved`` is the namespace that the policy should be in; ``types`` marks that ``policyTypes`` leaves out the
    direction. ``rule`` and ``peer`` are given where it is a peer of a rule that is spelt otherwise. ``idle`` tells
    that the policy, or the peer, selects no pod at all as it stands, so that it can only be a mistake.
    """

    policy: Policy
    direction: Direction
    pods: tuple[Correction, ...] = ()
    namespaces: tuple[Correction, ...] = ()
    lacking: tuple[Requirement, ...] = ()
    moved: str = ""
    types: bool = False
    idle: bool = False
    rule: int = 0
    peer: PodPeer | None = None

    @property
    def distance(self) -> int:
        """The surest slip is nearest."""
        return (0 if self.idle or self.types else 2) + len(self.lacking)


def meant_to_deny(
    engine: Engine,
    direction: Direction,
    ends: tuple[Endpoint, Endpoint],
    port: tuple[AnyProtocol, int],
    written: Written,
) -> Iterator[Meant]:
    """The policies that would deny a connection from the first of ``ends`` to a ``port`` of the second.

    Whether another policy would still allow it isn't looked at: that is for whoever applies the correction to verify.
    """
    subject, peer = ends if direction is Direction.EGRESS else (ends[1], ends[0])
    if not isinstance(subject, Pod) or subject.host_network:
        return
    known = candidates(engine)
    for layer in engine.policy_set.layers:
        for stage in layer.stages:
            for policy in known.meant_for(stage, subject):
                if stage.kind is StageKind.ADDITIVE:
                    found = _guard(engine, policy, direction, subject, written)
                    denies = found is not None and not _allows(engine, found, (subject, peer), ends[1], port)
                elif pod_matches(policy.subject, subject, engine.facts):
                    found = _peer_slip(engine, policy, direction, peer, ends[1], port)
                    denies = found is not None
                else:
                    found = _subject_slip(engine, policy, direction, subject)
                    denies = found is not None and _rule_denies(
                        engine, policy, direction, (subject, peer), ends[1], port
                    )
                if found is not None and denies:
                    yield found


def causes_of_access(engine: Engine, judgement: Judgement, written: Written) -> tuple[Cause, ...]:
    """What should have denied an allowed connection and doesn't, nearest first; one text for each policy."""
    found: dict[tuple[Direction, str], Cause] = {}
    for group in judgement.groups:
        verdict = group.verdict
        if not verdict.allowed:
            continue
        for direction in Direction:
            end = judgement.source if direction is Direction.EGRESS else judgement.destination
            if not direction_of(verdict, direction).allowed:
                continue
            ends = verdict.source, verdict.destination
            for meant in meant_to_deny(engine, direction, ends, (verdict.protocol, verdict.port), written):
                pods = [each for each in end.endpoints if isinstance(each, Pod)]
                cause = _cause(meant, pods, end.name)
                found.setdefault((direction, cause.text), cause)
    return tuple(sorted(found.values(), key=lambda cause: cause.distance))


def idle(engine: Engine, policy: Policy) -> bool:
    """True where a policy selects no pod of the cluster."""
    return not engine.program.subjects(policy, engine.universe)


# ---- NetworkPolicies -----------------------------------------------------------------------------------------------


def _guard(engine: Engine, policy: Policy, direction: Direction, pod: Pod, written: Written) -> Meant | None:
    """What keeps a policy that isolates from isolating this pod in this direction."""
    home = policy.subject.namespace
    if home is None:
        return None
    if home != pod.namespace:
        asks = policy.subject.pods != EVERYTHING and direction in policy.isolates
        strange = asks and policy.subject.pods.matches(pod.labels) and idle(engine, policy)
        return Meant(policy, direction, moved=pod.namespace, idle=True) if strange else None
    miss = pod_miss(policy.subject, pod, engine.facts)
    if miss is None:
        return None
    if direction not in policy.isolates:
        types = not miss.count and written(policy.ref, direction)
        return Meant(policy, direction, types=True) if types else None
    return _missed(engine, policy, direction, miss, pod) if miss.count else None


def _missed(engine: Engine, policy: Policy, direction: Direction, miss: PodMiss, pod: Pod) -> Meant | None:
    corrections = _corrections(miss.pod, pod.labels)
    nobody = idle(engine, policy)
    if corrections is not None:  # a policy that does select pods is one for others, however alike their names
        return Meant(policy, direction, pods=corrections, idle=True) if nobody else None
    adds = all(
        one.operator in (Operator.IN, Operator.EXISTS) and one.key not in pod.labels and not _renamed(one, pod.labels)
        for one in miss.pod
    )
    if len(miss.pod) == 1 and adds:
        return Meant(policy, direction, lacking=miss.pod, idle=nobody)
    return None


def _corrections(failed: Sequence[Requirement], labels: Labels) -> tuple[Correction, ...] | None:
    """What each failed requirement was meant to be; ``None`` where one is not just spelt otherwise."""
    found = []
    for one in failed:
        if one.operator is not Operator.IN:
            return None
        value = labels.get(one.key)
        key = one.key if value is not None else _renamed(one, labels)
        if value is not None and not alike(value, one.values):
            return None
        if not key:
            return None
        found.append(Correction(one, key, labels[key]))
    return tuple(found)


def _renamed(one: Requirement, labels: Labels) -> str:
    """The key that has a value asked for, and says which workload it is or is spelt nearly alike; else nothing."""
    near = (
        key for key, value in labels.items() if value in one.values and (key in IDENTITY_KEYS or alike(key, (one.key,)))
    )
    return next(near, "")


def _allows(
    engine: Engine, meant: Meant, ends: tuple[Pod, Endpoint], destination: Endpoint, port: tuple[AnyProtocol, int]
) -> bool:
    """True where the policy's own rules allow the connection, once it guards the pod."""
    home = meant.policy.subject.namespace

    def matches(rule: Rule) -> bool:
        if rule.action is not Action.ALLOW or not rule_ports(rule, destination).has(*port):
            return False
        peers = rule.peers
        if peers is not None and meant.moved:
            peers = tuple(
                replace(each, namespace=meant.moved) if isinstance(each, PodPeer) and each.namespace == home else each
                for each in peers
            )
        return peers is None or any(peer_matches(each, ends[1], engine.facts, ends[0]) for each in peers)

    return any(matches(rule) for rule in meant.policy.rules(meant.direction))


# ---- tiers ---------------------------------------------------------------------------------------------------------


def _subject_slip(engine: Engine, policy: Policy, direction: Direction, pod: Pod) -> Meant | None:
    """A subject of a cluster-scoped policy that misses the pod by the spelling of a label."""
    if direction not in policy.isolates or not idle(engine, policy):
        return None
    miss = pod_miss(policy.subject, pod, engine.facts)
    if miss is None or miss.elsewhere:
        return None
    pods = _corrections(miss.pod, pod.labels)
    namespaces = _corrections(miss.namespace, engine.facts.namespace_labels(pod.namespace))
    if pods is None or namespaces is None:
        return None
    return Meant(policy, direction, pods=pods, namespaces=namespaces, idle=True)


def _peer_slip(
    engine: Engine,
    policy: Policy,
    direction: Direction,
    end: Endpoint,
    destination: Endpoint,
    port: tuple[AnyProtocol, int],
) -> Meant | None:
    """A rule that denies nobody, since its peer is spelt otherwise than the labels of the other end."""
    if direction not in policy.isolates or not isinstance(end, Pod):
        return None
    spaces = engine.facts.namespace_labels(end.namespace)
    for number, rule in enumerate(policy.rules(direction)):
        if rule.action is not Action.DENY or not rule_ports(rule, destination).has(*port):
            continue
        for peer in rule.peers or ():
            miss = pod_miss(peer, end, engine.facts) if isinstance(peer, PodPeer) else None
            if miss is None or miss.elsewhere or not miss.count or engine.universe.pod_bits(miss.peer):
                continue
            pods, namespaces = _corrections(miss.pod, end.labels), _corrections(miss.namespace, spaces)
            if pods is not None and namespaces is not None:
                return Meant(policy, direction, pods, namespaces, idle=True, rule=number, peer=miss.peer)
    return None


def _rule_denies(
    engine: Engine,
    policy: Policy,
    direction: Direction,
    ends: tuple[Pod, Endpoint],
    destination: Endpoint,
    port: tuple[AnyProtocol, int],
) -> bool:
    """True where the first rule that matches the connection denies it."""
    for rule in policy.rules(direction):
        peers = rule.peers
        met = peers is None or any(peer_matches(each, ends[1], engine.facts, ends[0]) for each in peers)
        if met and rule.action is not Action.LOG and rule_ports(rule, destination).has(*port):
            return rule.action is Action.DENY
    return False


# ---- words ---------------------------------------------------------------------------------------------------------


def _cause(meant: Meant, pods: Sequence[Pod], name: str) -> Cause:
    policy, direction = meant.policy, meant.direction
    place = policy.subject.origin if policy.subject.origin.position.file else policy.origin
    nobody = "it selects no pod: " if meant.idle and not meant.moved else ""
    head = f"{object_name(policy.ref)} would deny it, but {nobody}"
    if meant.types:
        text = f"{head}its policyTypes leave out {str(direction).capitalize()}, so its {direction} rules are ignored"
        return Cause(direction, CauseKind.POLICY_TYPES, f"{text}.", policy.origin, meant.distance)
    if meant.moved:
        text = f"{head}it is in namespace {policy.subject.namespace}, where it selects no pod, and {name} is in "
        return Cause(direction, CauseKind.OTHER_NAMESPACE, f"{text}{meant.moved}.", policy.origin, meant.distance)
    if meant.peer is not None:
        return _peer_cause(meant, meant.peer)
    what = "podSelector" if policy.ref.namespace else "subject"
    parts = [f"label `{one}`, which is missing on {_whose(one, pods, name)}" for one in meant.lacking]
    parts += [_misspelt(one, f"the pods of {name} have") for one in meant.pods]
    parts += [_misspelt(one, f"namespace {pods[0].namespace} has") for one in meant.namespaces]
    text = f"{head}its {what} asks for {' and '.join(parts)}."
    return Cause(direction, CauseKind.SUBJECT_LABEL, text, place, meant.distance)


def _peer_cause(meant: Meant, peer: PodPeer) -> Cause:
    found = (*meant.pods, *meant.namespaces)
    parts = [f"label `{one.asked}`, where `{one.key}={one.value}` is set" for one in found]
    rule = f"{object_name(meant.policy.ref)}, {meant.direction} rule {meant.rule + 1},"
    text = f"{rule} would deny it, but its peer matches no pod: it asks for {' and '.join(parts)}."
    kind = CauseKind.NAMESPACE_LABEL if meant.namespaces else CauseKind.POD_LABEL
    return Cause(meant.direction, kind, text, peer.origin, meant.distance)


def _whose(one: Requirement, pods: Sequence[Pod], name: str) -> str:
    return f"{share(sum(not one.matches(pod.labels) for pod in pods), pods)} of {name}"


def _misspelt(one: Correction, where: str) -> str:
    return f"label `{one.asked}`, and {where} `{one.key}={one.value}`"
