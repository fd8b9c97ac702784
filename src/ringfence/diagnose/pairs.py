"""Which pairs of endpoints may use one port, asked of the engine's rows: replicas that are alike are asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.engine.match import is_self
from ringfence.engine.porttable import FULL
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import Endpoint
from ringfence.survey import Target


@dataclass(frozen=True, slots=True)
class Denied:
    """A pair that is denied, and by which sides."""

    source: Endpoint
    target: Target
    directions: tuple[Direction, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the pairs of one question came out: those denied, one for each that is alike, and whether any is allowed."""

    denied: tuple[Denied, ...]
    some_allowed: bool

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The sides that deny some pair."""
        return tuple(side for side in Direction if any(side in denied.directions for denied in self.denied))


class Asker:
    """Asks an engine about pairs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def outcome(self, sources: Iterable[Endpoint], targets: Iterable[Target], protocol: Protocol) -> Outcome:
        """Every source with every target on its port. A pod and itself is no question."""
        denied: list[Denied] = []
        allowed = False
        targets = tuple(self._alike(targets))
        for source in self._one_an_atom(sources):
            for target in targets:
                if is_self(source, target.endpoint):
                    continue
                sides = self.denying(source, target, protocol)
                if sides:
                    denied.append(Denied(source, target, sides))
                else:
                    allowed = True
        return Outcome(tuple(denied), allowed)

    def denying(self, source: Endpoint, target: Target, protocol: Protocol) -> tuple[Direction, ...]:
        """The sides that deny a connection."""
        return tuple(
            direction
            for direction in Direction
            if not self.ports(direction, source, target.endpoint).has(protocol, target.port)
        )

    def ports(self, direction: Direction, source: Endpoint, destination: Endpoint) -> PortSet:
        """The ports that one side allows."""
        engine = self.engine
        if direction is Direction.EGRESS:
            number = engine.row(direction, engine.atom(source)).ports(engine.atom(destination))
        elif isinstance(destination, Pod) and engine.facts.on_same_node(source, destination):
            number = FULL  # a node may always reach its pods
        else:
            number = engine.row(direction, engine.atom(destination)).ports(engine.atom(source))
        return engine.table.sets[number]

    def _one_an_atom(self, ends: Iterable[Endpoint]) -> Iterator[Endpoint]:
        seen: set[tuple[int, str]] = set()
        for end in ends:
            node = end.node if not isinstance(end, Pod) or end.host_network else ""
            key = self.engine.atom(end), node
            if key not in seen:
                seen.add(key)
                yield end

    def _alike(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Two of each kind: one may be the source itself."""
        seen: Counter[tuple[int, int, str]] = Counter()
        for target in targets:
            key = self.engine.atom(target.endpoint), target.port, target.endpoint.node
            if seen[key] < 2:
                seen[key] += 1
                yield target
