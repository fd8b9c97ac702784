"""What decides one direction of a connection, asked of an engine once for all connections that are decided alike."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.engine.match import container_ports
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Peer, Policy, Rule
from ringfence.model.ports import Protocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, Reason


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
    that isolate the pod, or deny what no rule of them allows.
    """

    allowed: bool
    reason: Reason | None
    rules: tuple[DecidingRule, ...] = ()
    guards: tuple[Policy, ...] = ()


ABSENT = Decision(allowed=False, reason=None)
"""A pod that isn't there may do nothing."""


class Decider:
    """Asks one engine. ``moved`` gives, by identity, what policies of the engine are in the state's own input."""

    def __init__(self, engine: Engine, moved: Mapping[int, Policy] | None = None) -> None:
        self._engine = engine
        self._moved = moved or {}
        self._known: dict[Hashable, Decision] = {}
        self._entries: dict[Hashable, tuple[int, ...]] = {}
        self._bits: dict[Peer, int] = {}

    def decide(
        self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int
    ) -> dict[Direction, Decision]:
        """What decides each direction at one port. Pods must be of this engine's own snapshot."""
        local = isinstance(destination, Pod) and self._engine.facts.on_same_node(source, destination)
        call = (protocol, port, local, container_ports(destination))
        keys = {
            Direction.EGRESS: (*call, *self._matched(Direction.EGRESS, source, destination)),
            Direction.INGRESS: (*call, *self._matched(Direction.INGRESS, destination, source)),
        }
        if not all(key in self._known for key in keys.values()):
            verdict = self._engine.verdict(source, destination, protocol, port, misses=False)
            self._known[keys[Direction.EGRESS]] = self._decision(verdict.egress)
            self._known[keys[Direction.INGRESS]] = self._decision(verdict.ingress)
        return {direction: self._known[key] for direction, key in keys.items()}

    def _matched(self, direction: Direction, subject: Endpoint, peer: Endpoint) -> tuple[Hashable, ...]:
        """The policies that guard the subject, and which entries of their rules match the peer."""
        if not isinstance(subject, Pod) or subject.host_network:
            return direction, None
        profile = self._engine.profile(direction, self._engine.atom(subject))
        entries = self._entries.get(profile)
        if entries is None:
            entries = self._entries[profile] = tuple(
                self._peer_bits(peer)
                for number in profile[1]
                for rule in self._engine.program.compiled[number].policy.rules(direction)
                for peer in rule.peers or ()
            )
        other = self._engine.atom(peer)
        return direction, profile, tuple(bits >> other & 1 for bits in entries)

    def _peer_bits(self, peer: Peer) -> int:
        if peer not in self._bits:
            self._bits[peer] = self._engine.universe.peer_bits(peer)
        return self._bits[peer]

    def _decision(self, side: DirectionVerdict) -> Decision:
        rules = tuple(
            DecidingRule(self._moved.get(id(trace.policy), trace.policy), trace.direction, trace.index)
            for trace in (side.deciding if side.allowed else side.stages[-1].deciding if side.stages else ())
        )
        guards: tuple[Policy, ...] = ()
        if not side.allowed and not rules and side.stages:
            guards = tuple(
                self._moved.get(id(policy), policy)
                for policy in side.stages[-1].selecting
                if side.direction in policy.isolates
            )
        return Decision(side.allowed, side.reason, rules, guards)
