"""What decides one direction of a connection, asked of an engine once for all connections that are decided alike."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.engine.match import container_ports
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Peer, Policy, Rule
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, Outcome, Reason, RuleTrace


@dataclass(frozen=True, slots=True)
class DecidingRule:
    """A rule that decided: its policy as it stands in the state's own input, and its place there, from 0."""

    policy: Policy
    direction: Direction
    index: int

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.policy.rules(self.direction)[self.index]


@dataclass(frozen=True, slots=True)
class Decision:
    """Egress at the source or ingress at the destination, in one state.

    ``reason`` is ``None`` where an end isn't there. ``rules`` decided; where none did, ``guards`` are the policies
    that isolate the pod, or deny what no rule of them allows. ``passed`` are rules that left it to a later stage.
    """

    allowed: bool
    reason: Reason | None
    rules: tuple[DecidingRule, ...] = ()
    guards: tuple[Policy, ...] = ()
    passed: tuple[DecidingRule, ...] = ()


ABSENT = Decision(allowed=False, reason=None)
"""A pod that isn't there may do nothing."""


Key = tuple[bool, int, int, int]
"""Equal for pairs that are decided alike at every port."""

_UNGUARDED = -1


class Decider:
    """Asks one engine. ``moved`` gives, by identity, what policies of the engine are in the state's own input.

    Endpoints are told apart by identity and must outlive the decider, as those of a snapshot do.
    """

    def __init__(self, engine: Engine, moved: Mapping[int, Policy] | None = None) -> None:
        self._engine = engine
        self._moved = moved or {}
        self._egress: dict[tuple[int, ...], Decision] = {}
        self._ingress: dict[tuple[int, ...], Decision] = {}
        self._numbers: dict[Hashable, int] = {}
        self._atoms: dict[int, int] = {}
        self._names: dict[int, int] = {}
        self._guards: tuple[dict[int, _Guard], dict[int, _Guard]] = ({}, {})
        self._by_profile: dict[Hashable, _Guard] = {}
        self._decisions: dict[tuple[object, ...], Decision] = {}
        self._bits: dict[Peer, int] = {}

    def decide(
        self, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int
    ) -> Mapping[Direction, Decision]:
        """What decides each direction at one port. Pods must be of this engine's own snapshot."""
        local, names, egress, ingress = self.key(source, destination)
        egress_key = (local, names, egress, protocol, port)
        ingress_key = (local, names, ingress, protocol, port)
        if egress_key not in self._egress or ingress_key not in self._ingress:
            verdict = self._engine.verdict(source, destination, protocol, port, misses=False)
            self._egress.setdefault(egress_key, self._decision(verdict.egress))
            self._ingress.setdefault(ingress_key, self._decision(verdict.ingress))
        return {Direction.EGRESS: self._egress[egress_key], Direction.INGRESS: self._ingress[ingress_key]}

    def key(self, source: Endpoint, destination: Endpoint) -> Key:
        """What decides: the policies that guard either end, which entries of them match, and the ports' names."""
        start, end = self._atom(source), self._atom(destination)
        local = isinstance(destination, Pod) and self._engine.facts.on_same_node(source, destination)
        return (
            local,
            self._named(destination),
            self._side(Direction.EGRESS, source, start, end),
            self._side(Direction.INGRESS, destination, end, start),
        )

    def _atom(self, endpoint: Endpoint) -> int:
        atom = self._atoms.get(id(endpoint))
        if atom is None:
            atom = self._atoms[id(endpoint)] = self._engine.atom(endpoint)
        return atom

    def _named(self, destination: Endpoint) -> int:
        number = self._names.get(id(destination))
        if number is None:
            ports = container_ports(destination)
            names = tuple(sorted((port.name, port.protocol, port.number) for port in ports if port.name))
            number = self._names[id(destination)] = self._number(names)
        return number

    def _number(self, value: Hashable) -> int:
        return self._numbers.setdefault(value, len(self._numbers))

    def _side(self, direction: Direction, subject: Endpoint, atom: int, peer: int) -> int:
        """A number for the policies that guard the subject and the entries of their rules that match the peer."""
        if not isinstance(subject, Pod) or subject.host_network:
            return _UNGUARDED
        guards = self._guards[direction is Direction.INGRESS]
        guard = guards.get(atom)
        if guard is None:
            profile = self._engine.profile(direction, atom)
            guard = self._by_profile.get(profile)
            if guard is None:
                guard = self._by_profile[profile] = _Guard(self._entries(direction, profile[1]), {})
            guards[atom] = guard
        number = guard.by_peer.get(peer)
        if number is None:
            matched = tuple(bits >> peer & 1 for bits in guard.entries)
            number = guard.by_peer[peer] = self._number((id(guard), matched))
        return number

    def _entries(self, direction: Direction, policies: tuple[int, ...]) -> tuple[int, ...]:
        """The atoms that each peer entry of the policies' rules matches."""
        return tuple(
            self._peer_bits(peer)
            for number in policies
            for rule in self._engine.program.compiled[number].policy.rules(direction)
            for peer in rule.peers or ()
        )

    def _peer_bits(self, peer: Peer) -> int:
        if peer not in self._bits:
            self._bits[peer] = self._engine.universe.peer_bits(peer)
        return self._bits[peer]

    def _decision(self, side: DirectionVerdict) -> Decision:
        deciding = side.deciding if side.allowed else side.stages[-1].deciding if side.stages else ()
        rules = tuple(map(self._rule, deciding))
        guards: tuple[Policy, ...] = ()
        if not side.allowed and not rules and side.stages:
            guards = tuple(
                self._moved.get(id(policy), policy)
                for policy in side.stages[-1].selecting
                if side.direction in policy.isolates
            )
        passing = [stage for stage in side.stages if stage.outcome is Outcome.NEXT]
        passed = tuple(self._rule(trace) for stage in passing for trace in stage.deciding)
        key = (
            side.allowed,
            side.reason,
            tuple((id(rule.policy), rule.index) for rule in rules),
            tuple(map(id, guards)),
            tuple((id(rule.policy), rule.index) for rule in passed),
            side.direction,
        )
        return self._decisions.setdefault(key, Decision(side.allowed, side.reason, rules, guards, passed))

    def _rule(self, trace: RuleTrace) -> DecidingRule:
        return DecidingRule(self._moved.get(id(trace.policy), trace.policy), trace.direction, trace.index)


@dataclass(frozen=True, slots=True)
class _Guard:
    """The entries of the policies that guard some pods alike, and the numbers found for their peers."""

    entries: tuple[int, ...]
    by_peer: dict[int, int]
