"""The cause of a denied connection in one sentence for each direction, the likeliest first.

The rules that came closest (:mod:`ringfence.explain.nearest`) are read for slips: a label that is missing, a Service's
port in the place of the pods', a port name that nobody has. Where none of them was meant for the connection, the cause
is that nothing allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.dialects.reading import FIREWALL_LAYER
from ringfence.engine.facts import Facts
from ringfence.engine.match import peer_matches
from ringfence.explain.calico import decides_first, holds_network_policies, is_tier, where_isolated
from ringfence.explain.cause import Cause, CauseKind
from ringfence.explain.cilium import CILIUM_DENY, DENY_WINS
from ringfence.explain.endpoints import End, describe
from ringfence.explain.invalid import blamed
from ringfence.explain.istio import deciding, denied_words, is_mesh, is_peer_authentication, missed_words
from ringfence.explain.judge import Group, Judgement, direction_of
from ringfence.explain.near_subjects import near_subjects
from ringfence.explain.nearest import NEAREST, NearRule, closest, nearest_words
from ringfence.explain.port_slips import declared, resolves, service_meant
from ringfence.explain.scope import namespace_meant
from ringfence.explain.services import written
from ringfence.explain.slips import IDENTITY_KEYS, PodMiss, is_slip, is_specific, may_have_changed, pod_miss
from ringfence.explain.words import lacks, object_name, rule_words, share, side_words
from ringfence.model.addresses import ALL_V4, AddressSet, format_address
from ringfence.model.finding import Finding
from ringfence.model.icmp import entry_words, words_of
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.objects import Pod, Service
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.policy import AddressPeer, AllPeers, AnyPeer, Direction, Peer, PodPeer, Policy
from ringfence.model.ports import MAX_PORT, MIN_PORT, Icmp, NamedPort, PortRange
from ringfence.model.verdict import DirectionVerdict, Endpoint, Reason, RuleTrace, StageTrace

_FAR = 8
_CHANGED = 7
"""Nearer than no rule at all, and further than anything that looks like a slip."""

_SELECTOR = {"cilium.io": "endpointSelector", "projectcalico.org": "selector", "crd.projectcalico.org": "selector"}
_INVALID = 2
_WIDE = 2
"""Added where the rule names nobody: a rule for everybody on another port was hardly meant for this connection."""


def causes_of(
    judgement: Judgement,
    facts: Facts,
    services: Iterable[Service] = (),
    findings: Iterable[Finding] = (),
    policies: Iterable[Policy] = (),
) -> tuple[Cause, ...]:
    """The causes for each denied direction, nearest first; the first of each direction is the one to look at.

    Empty where the connection is allowed. ``services`` are those of the snapshot: a rule's port that is the Service's
    port of the pods is told apart from any other wrong port. ``findings`` are those about the policies: a rule that is
    without effect because a part of it is invalid is a cause. ``policies`` are the NetworkPolicies: one that would
    allow it, had its podSelector not missed the pods by a label, is a cause, too.
    """
    case = _Case(judgement, facts, tuple(services), tuple(findings), tuple(policies))
    found: list[Cause] = []
    for direction in Direction:
        if judgement.side(direction):
            continue
        own: dict[tuple[CauseKind, str], Cause] = {}
        for group in judgement.groups:
            side = direction_of(group.verdict, direction)
            if not side.allowed and not side.conditional:  # else it is no denial: the answer says on what it depends
                for cause in case.of_group(group, direction):
                    # Which rule is nearest differs from replica to replica: one of them stands for all.
                    own.setdefault((cause.kind, cause.text.partition(NEAREST)[0]), cause)
        found.extend(sorted(own.values(), key=lambda cause: cause.distance))
    return tuple(found)


def first_causes(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """The nearest cause of each direction, and others just as near."""
    least = {
        direction: min((cause.distance for cause in causes if cause.direction is direction), default=0)
        for direction in Direction
    }
    return tuple(cause for cause in causes if cause.distance == least[cause.direction])


@dataclass(frozen=True, slots=True)
class _Case:
    judgement: Judgement
    facts: Facts
    services: tuple[Service, ...]
    findings: tuple[Finding, ...]
    policies: tuple[Policy, ...]

    def of_group(self, group: Group, direction: Direction) -> Iterator[Cause]:
        side = direction_of(group.verdict, direction)
        last = side.stages[-1]
        if is_mesh(last):
            yield from self._mesh(side, group, direction)
            if side.reason is not Reason.NO_RULE:
                return
        if side.reason not in (Reason.NO_RULE, Reason.STAGE_DEFAULT):
            yield from self._tier(last, direction)
            return
        if not is_mesh(last):
            for near in closest(side):
                cause = self._near(near, group, direction)
                if cause is not None:
                    yield cause
            yield from self._unselected(group, direction)
        subject = self._subject(direction)
        names = [object_name(policy.ref) for policy in last.selecting if direction in policy.isolates]
        policies = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
        peer = self._peer(direction)
        does = f"no rule allows {peer.name} on {_port(group)}"
        if all(trace.rule.name == OTHER_PROTOCOLS for trace in last.rules):
            does = "it has no rule" if len(names) == 1 else "they have no rule"
        isolated = f"{side_words(direction)} {subject.name} is isolated by {policies}{where_isolated(last.stage)}"
        text = f"{isolated}, and {does}{nearest_words(side)}."
        origin = next(policy.origin for policy in last.selecting if direction in policy.isolates)
        yield Cause(direction, CauseKind.NO_RULE, text, origin, _FAR)

    def _mesh(self, side: DirectionVerdict, group: Group, direction: Direction) -> Iterator[Cause]:
        """What the mesh refuses, by who calls; by the port where that is all that fails."""
        verdict, names = group.verdict, (self._peer(direction).name, self._subject(direction).name)
        for trace in deciding(side):
            kind = CauseKind.MUTUAL_TLS if is_peer_authentication(trace.policy.ref) else CauseKind.MESH_DENY
            yield Cause(direction, kind, denied_words(trace, *names), trace.rule.origin, 0, trace)
        for number, near in enumerate(closest(side)):
            trace = near.trace
            if trace.matches or direction is Direction.EGRESS:
                continue
            if trace.peer_matches:
                yield self._port_cause(near, group, direction)
            elif trace.port_matches:
                text = missed_words(trace, verdict.source, verdict.destination, self.facts, names)
                yield Cause(direction, CauseKind.MESH_IDENTITY, text, trace.rule.origin, 2 + number, trace)

    def _unselected(self, group: Group, direction: Direction) -> Iterator[Cause]:
        stage = direction_of(group.verdict, direction).stages[-1].stage
        if is_tier(stage) and not holds_network_policies(stage):
            return  # what would allow it further on isn't asked
        pods = [end for end in self._subject(direction).endpoints if isinstance(end, Pod)]
        for policy, index, _, failed in near_subjects(self.policies, group.verdict, direction, self.facts):
            pod = group.verdict.source if direction is Direction.EGRESS else group.verdict.destination
            if not isinstance(pod, Pod):
                continue
            asks = []
            for one in failed:
                whose = f"{share(sum(not one.matches(each.labels) for each in pods), pods)} of"
                asks.append(f"{lacks(one, pod.labels.get(one.key))} {whose} {self._subject(direction).name}")
            rule = f"{object_name(policy.ref)}, {direction} rule {index + 1},"
            selector = _SELECTOR.get(policy.ref.api_version.partition("/")[0], "podSelector")
            text = f"{rule} would allow it, but its {selector} asks for {' and '.join(asks)}."
            place = policy.subject.origin if policy.subject.origin.position.file else policy.origin
            yield Cause(direction, CauseKind.SUBJECT_LABEL, text, place, len(failed) + 1)

    def _tier(self, last: StageTrace, direction: Direction) -> Iterator[Cause]:
        stage, baseline = last.stage, last.stage == "baseline"
        kind = CauseKind.BASELINE if baseline else CauseKind.EARLIER_TIER
        why = (
            "no NetworkPolicy selects the pods, so the Baseline tier decides"
            if baseline
            else DENY_WINS
            if stage == CILIUM_DENY
            else decides_first(stage)
            if is_tier(stage)
            else "it stands beside the policies, and none can change it"
            if last.layer == FIREWALL_LAYER
            else "this comes before any NetworkPolicy, and none can change it"
        )
        for trace in last.deciding:
            meant = namespace_meant(trace.policy, self.facts) if trace.policy.ref.namespace == "" else ""
            if meant and all(isinstance(end, Pod) for end in self._subject(direction).endpoints):
                yield self._empty_subject(trace, meant, direction)
                continue
            text = f"{rule_words(trace)} denies {side_words(direction).lower()} {self._subject(direction).name}: {why}."
            yield Cause(direction, kind, text, trace.rule.origin, 0, trace)

    def _empty_subject(self, trace: RuleTrace, meant: str, direction: Direction) -> Cause:
        text = (
            f"{rule_words(trace)} denies {side_words(direction).lower()} {self._subject(direction).name}: the policy's "
            f"subject is empty, so it holds in every namespace, and by its name it was meant for {meant}."
        )
        return Cause(direction, CauseKind.EMPTY_SUBJECT, text, trace.rule.origin, 0, trace)

    def _near(self, near: NearRule, group: Group, direction: Direction) -> Cause | None:
        trace = near.trace
        error = blamed(trace, self.findings) if self.findings and not trace.matches else None
        if error is not None:
            text = f"{rule_words(trace)} is without effect where it is invalid: {_after_object(error.what, trace)}"
            return Cause(direction, CauseKind.INVALID, text, error.origin, _INVALID, trace)
        if trace.matches or (not trace.peer_matches and not trace.port_matches):
            return None
        if trace.peer_matches:
            return self._port_cause(near, group, direction)
        verdict = group.verdict
        peer = verdict.destination if direction is Direction.EGRESS else verdict.source
        best: Cause | None = None
        for miss in near.peer_misses:
            cause = self._peer_cause(trace, miss.peer, peer, direction)
            if cause is not None and (best is None or cause.distance < best.distance):
                best = cause
        return best

    # ---- ports ---------------------------------------------------------------------------------------------------

    def _port_cause(self, near: NearRule, group: Group, direction: Direction) -> Cause:
        trace, verdict = near.trace, group.verdict
        entries = trace.rule.ports or ()
        peer = trace.peer
        wide = _WIDE if peer is None or (isinstance(peer, PodPeer) and not is_specific(peer)) else 0
        wide = _WIDE if isinstance(peer, AddressPeer) and peer.addresses.size > ALL_V4.size // 256 else wide
        name = self.judgement.destination.name

        def cause(kind: CauseKind, what: str, distance: int, origin: Origin = UNKNOWN) -> Cause:
            place = origin if origin.position.file else trace.rule.origin
            return Cause(direction, kind, f"{rule_words(trace)} {what}.", place, distance, trace)

        for entry in entries:
            if isinstance(entry, PortRange):
                service = service_meant(entry, verdict.destination, (verdict.protocol, verdict.port), self.services)
                if service is not None:
                    what = (
                        f"allows {entry}, the port of {written(service)}; its pods listen on {verdict.port}, and "
                        "policies see the pods' port"
                    )
                    return cause(CauseKind.SERVICE_PORT, what, 1, entry.origin)
        for entry in entries:
            if isinstance(entry, NamedPort) and not resolves(entry, verdict.destination):
                what = (
                    f"allows the port named `{entry.name}`, and no container of {name} has a {_of(entry)}port so named"
                )
                return cause(CauseKind.NAMED_PORT, what + declared(verdict.destination), 1 + wide, entry.origin)
        for entry in entries:
            if not isinstance(entry, PortRange) or (entry.lo, entry.hi) == (MIN_PORT, MAX_PORT):
                continue
            if isinstance(verdict.protocol, Icmp):
                break
            if entry.protocol != verdict.protocol and entry.lo <= verdict.port <= entry.hi:
                what = f"allows {entry}, and the connection is {words_of(verdict.protocol, verdict.port)}"
                return cause(CauseKind.PROTOCOL, what, 1 + wide, entry.origin)
        listed = ", ".join(map(entry_words, entries)) or "no port"
        what = f"allows {listed}, and the connection is to {_port(group)}"
        return cause(CauseKind.PORT, what, 3 + 2 * wide)

    # ---- peers ---------------------------------------------------------------------------------------------------

    def _peer_cause(self, trace: RuleTrace, peer: object, end: Endpoint, direction: Direction) -> Cause | None:
        if isinstance(peer, AddressPeer):
            return self._address_cause(trace, peer, end, direction)
        if isinstance(peer, AnyPeer | AllPeers):
            return self._part_cause(trace, peer, end, direction)
        if not isinstance(peer, PodPeer) or not isinstance(end, Pod):
            return None
        if end.host_network:
            if not peer.pods.matches(end.labels):
                return None
            text = (
                f"{rule_words(trace)} selects pods by label, and {describe(end)} is on the host network, which no pod"
            )
            return Cause(direction, CauseKind.HOST_NETWORK, f"{text} selector matches.", trace.rule.origin, 2, trace)
        miss = pod_miss(peer, end, self.facts)
        if miss is None:
            return None
        distance = miss.count
        if not is_slip(miss, end, self.facts):
            if not may_have_changed(miss, end, self.facts):
                return None
            distance = _CHANGED
        kind, what = self._label_text(miss, end, direction)
        origin = peer.origin if peer.origin.position.file else trace.rule.origin
        return Cause(direction, kind, f"{rule_words(trace)} {what}.", origin, distance, trace)

    def _part_cause(
        self, trace: RuleTrace, peer: AnyPeer | AllPeers, end: Endpoint, direction: Direction
    ) -> Cause | None:
        """The nearest of several that would do, or the only one of several that must hold and doesn't."""
        parts: Iterable[Peer] = peer.parts
        if isinstance(peer, AllPeers):
            subject = next(iter(self._subject(direction).endpoints), end)
            failed = [part for part in peer.parts if not peer_matches(part, end, self.facts, subject)]
            parts = failed if len(failed) == 1 else ()
        found = (self._peer_cause(trace, part, end, direction) for part in parts)
        return min((cause for cause in found if cause is not None), key=lambda cause: cause.distance, default=None)

    def _label_text(self, miss: PodMiss, pod: Pod, direction: Direction) -> tuple[CauseKind, str]:
        if miss.elsewhere:
            return CauseKind.OTHER_NAMESPACE, (
                f"has no namespaceSelector, so it looks only in namespace {miss.peer.namespace}, and "
                f"{self._peer(direction).name} is in {pod.namespace}"
            )
        if miss.namespace:
            labels = self.facts.namespace_labels(pod.namespace)
            parts = [lacks(one, labels.get(one.key)) for one in miss.namespace]
            return CauseKind.NAMESPACE_LABEL, f"asks for {' and '.join(parts)} namespace {pod.namespace}"
        parts = []
        pods = [end for end in self._peer(direction).endpoints if isinstance(end, Pod)]
        for one in miss.pod:
            failing = sum(not one.matches(each.labels) for each in pods)
            whose = f"{share(failing, pods)} of {self._peer(direction).name}"
            parts.append(f"{lacks(one, pod.labels.get(one.key))} {whose}")
        return CauseKind.POD_LABEL, f"asks for {' and '.join(parts)}"

    def _address_cause(self, trace: RuleTrace, peer: AddressPeer, end: Endpoint, direction: Direction) -> Cause | None:
        addresses = end.addresses if isinstance(end, Pod) else (end.address,)
        shown = ", ".join(format_address(address) for address in addresses)
        origin = peer.origin if peer.origin.position.file else trace.rule.origin
        if peer.outer is not None and any(address in peer.outer for address in addresses):
            text = f"{rule_words(trace)} allows {peer}, and {shown} is in that exception."
            return Cause(direction, CauseKind.EXCEPTION, text, origin, 1, trace)
        service = self.judgement.destination.service if direction is Direction.EGRESS else None
        if service is not None and any(address in peer.addresses for address in service.cluster_addresses):
            text = (
                f"{rule_words(trace)} allows {peer}, the cluster address of {written(service)}, which policies never "
                "see: they see its pods"
            )
            return Cause(direction, CauseKind.SERVICE_ADDRESS, f"{text}.", origin, 1, trace)
        if isinstance(end, Pod) or not addresses:
            return None
        near = _near_address(addresses[0], peer.addresses)
        text = f"{rule_words(trace)} allows {peer}, and {shown} is outside it."
        return Cause(direction, CauseKind.ADDRESS, text, origin, 3 if near else 5, trace)

    def _subject(self, direction: Direction) -> End:
        return self.judgement.source if direction is Direction.EGRESS else self.judgement.destination

    def _peer(self, direction: Direction) -> End:
        return self.judgement.destination if direction is Direction.EGRESS else self.judgement.source


def _near_address(address: int, addresses: AddressSet) -> bool:
    """True where the address is about as near to the range as the range is wide."""
    return any(lo - (hi - lo + 1) - 256 <= address <= hi + (hi - lo + 1) + 256 for lo, hi in addresses)


def _port(group: Group) -> str:
    return words_of(group.verdict.protocol, group.verdict.port)


def _of(entry: NamedPort) -> str:
    return f"{entry.protocol} " if entry.protocol is not None else ""


def _after_object(what: str, trace: RuleTrace) -> str:
    return what.removeprefix(f"{trace.policy.ref}: ")


__all__ = [
    "IDENTITY_KEYS",
    "Cause",
    "CauseKind",
    "causes_of",
    "first_causes",
    "object_name",
    "resolves",
    "service_meant",
]
