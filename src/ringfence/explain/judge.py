"""One question, every pair of endpoints it stands for: the verdicts, grouped by how they came about."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Protocol as TypingProtocol

from ringfence.explain.endpoints import End, Endpoints, Target
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import DirectionVerdict, Endpoint, Verdict


class PointEngine(TypingProtocol):
    """What of the engine single questions need."""

    def verdict(self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int) -> Verdict:
        """May ``source`` open a connection to this port of ``destination``, and why."""

    def allowed(self, source: Endpoint, destination: Endpoint) -> PortSet:
        """Every port that ``source`` may surely open a connection to."""


@dataclass(slots=True)
class Group:
    """Pairs of endpoints for which every stage decides alike, for the same reasons. ``verdict`` is that of one pair."""

    verdict: Verdict
    sources: dict[Endpoint, None] = field(default_factory=dict)
    destinations: dict[Endpoint, None] = field(default_factory=dict)
    pairs: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one more pair."""
        self.sources[verdict.source] = None
        self.destinations[verdict.destination] = None
        self.pairs += 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer for one source, destination and port; ``port`` is the one asked for, a Service's where it is one.

    It is allowed only when every pair of replicas is. Groups that are denied come first, larger ones before smaller.
    """

    source: End
    destination: End
    protocol: Protocol
    port: int
    groups: tuple[Group, ...]

    @property
    def allowed(self) -> bool:
        """True where every pair is surely allowed."""
        return all(group.verdict.allowed for group in self.groups)

    @property
    def pairs(self) -> int:
        """How many pairs of endpoints were judged."""
        return sum(group.pairs for group in self.groups)

    @property
    def allowed_pairs(self) -> int:
        """How many of them are surely allowed."""
        return sum(group.pairs for group in self.groups if group.verdict.allowed)

    @property
    def varies(self) -> bool:
        """True where some pairs are allowed and others not."""
        return 0 < self.allowed_pairs < self.pairs

    @property
    def conditional(self) -> bool:
        """True where it is not surely allowed, and would be if conditions held that the input can't show."""
        return not self.allowed and all(group.verdict.allowed or group.verdict.conditional for group in self.groups)

    def side(self, direction: Direction) -> bool:
        """True where the direction, egress at the source or ingress at the destination, is allowed for every pair."""
        return all(direction_of(group.verdict, direction).allowed for group in self.groups)

    def deciding(self, direction: Direction) -> Iterator[DirectionVerdict]:
        """The direction's verdict in each group; where the direction is denied, only in groups that deny it."""
        sides = [direction_of(group.verdict, direction) for group in self.groups]
        denied = [side for side in sides if not side.allowed]
        yield from denied or sides


def direction_of(verdict: Verdict, direction: Direction) -> DirectionVerdict:
    """The half of a verdict."""
    return verdict.egress if direction is Direction.EGRESS else verdict.ingress


def judge(
    engine: PointEngine, endpoints: Endpoints, source: End, destination: End, protocol: Protocol, port: int
) -> Judgement:
    """Asks about every pair of the source's and the destination's endpoints.

    A replica's connection to itself is left out where there are others to ask about: it is always allowed, and
    would hide that the replicas may not reach one another.

    Raises:
        EndpointError: the destination is a Service without that port.
    """
    targets = endpoints.targets(destination, protocol, port)
    groups: dict[Hashable, Group] = {}
    for left, target in _pairs(source, targets):
        verdict = engine.verdict(left, target.endpoint, protocol, target.port)
        key = _shape(verdict)
        group = groups.get(key)
        if group is None:
            group = groups[key] = Group(verdict)
        group.add(verdict)
    ordered = sorted(groups.values(), key=lambda group: (group.verdict.allowed, -group.pairs))
    return Judgement(source, destination, protocol, port, tuple(ordered))


def _pairs(source: End, targets: tuple[Target, ...]) -> Iterator[tuple[Endpoint, Target]]:
    alone = len(source.endpoints) == len(targets) == 1
    for left in source.endpoints:
        for target in targets:
            if alone or left != target.endpoint:
                yield left, target


def _shape(verdict: Verdict) -> Hashable:
    """Equal for verdicts that came about alike. Texts are left out: they may tell a replica's own address."""
    return (
        verdict.port,
        *(_half(side) for side in (verdict.egress, verdict.ingress)),
        *(isinstance(end, Pod) and end.host_network for end in (verdict.source, verdict.destination)),
    )


def _half(side: DirectionVerdict) -> Hashable:
    return (
        side.allowed,
        side.reason,
        tuple(
            (
                stage.layer,
                stage.stage,
                stage.outcome,
                tuple(policy.ref for policy in stage.selecting),
                tuple((rule.policy.ref, rule.index, rule.peer_matches, rule.port_matches) for rule in stage.rules),
            )
            for stage in side.stages
        ),
        tuple((rule.policy.ref, rule.index) for rule in side.conditional),
    )
