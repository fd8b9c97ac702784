"""Why a connection differs: asked at the first ports opened and closed, for pods that stand for the ends."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

from ringfence.diff.causes import Cause, Causes
from ringfence.diff.connections import Connection
from ringfence.diff.deciding import ABSENT, Decider, Decision
from ringfence.diff.ends import Ends
from ringfence.diff.report import End, Why
from ringfence.diff.states import Engines, State
from ringfence.engine import Engine
from ringfence.model.intervals import Interval
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

_PORTS = 4
"""Rules are asked for at the start of this many intervals of each protocol."""

_REPLICAS = 16
"""At most so many pods of an end are looked at for a pair that stands for it."""

Pair = tuple[Endpoint | None, Endpoint | None]


Explanation = tuple[tuple[Cause, ...], tuple[Why, ...]]


class Explaining:
    """Explains connections of two states; those that are decided alike in both are explained once."""

    def __init__(self, states: tuple[State, State], engines: Engines, ends: tuple[Ends, Ends], known: set[int]) -> None:
        self._ends = ends
        self._engines: tuple[Engine, Engine] = (engines.old, engines.new)
        self._deciders = (Decider(engines.old), Decider(engines.new, engines.moved))
        self._causes = Causes(*states)
        self._known = known
        self._addresses: dict[Interval, AddressEndpoint] = {}
        self._alike: dict[Hashable, Explanation] = {}

    def explain(self, connection: Connection) -> Explanation:
        """The causes, and what decided before and after at each port that was asked."""
        pairs = self._only_pairs(connection)
        if pairs is None:
            return self._explained(connection, None)[0]
        key = self._key(connection, pairs)
        found = self._alike.get(key)
        if found is None:
            found, by_policies = self._explained(connection, pairs)
            if by_policies:
                self._alike[key] = found
        return found

    def _key(self, connection: Connection, pairs: tuple[Pair, Pair]) -> Hashable:
        """What an explanation by policies follows from. Port sets of an engine's table are the same object if equal."""
        ports = tuple(map(id, (connection.before.some, connection.after.some)))
        always = tuple(map(id, (connection.before.always, connection.after.always)))
        keys = [
            decider.key(source, destination) if source is not None and destination is not None else None
            for decider, (source, destination) in zip(self._deciders, pairs, strict=True)
        ]
        if None in keys:
            return (ports, always, *keys, *(id(end) for pair in pairs for end in pair))
        return (ports, always, *keys)

    def _explained(self, connection: Connection, pairs: tuple[Pair, Pair] | None) -> tuple[Explanation, bool]:
        """An explanation, and whether it follows from policies alone."""
        causes: dict[Cause, None] = {}
        why: list[Why] = []
        by_policies = True
        before, after = connection.before, connection.after
        partial = before.some == after.some
        if partial:
            changes = ((after.always - before.always, 1), (before.always - after.always, 0))
        else:
            changes = ((after.some - before.some, 1), (before.some - after.some, 0))
        for ports, side in changes:
            for protocol, port in _starts(ports):
                asked = pairs or self._pairs(connection, protocol, port, side, partial=partial)
                for reasons in self._at(asked, protocol, port):
                    found = self._causes.between(reasons.before, reasons.after) if not _absent(reasons) else ()
                    if not found:
                        by_policies = False
                        found = self._causes.of_ends(*asked)
                    if not found and not _absent(reasons):
                        found = self._causes.of_decision(reasons.before, reasons.after)
                    causes.update(dict.fromkeys(found))
                    why.append(reasons)
        return (tuple(causes), tuple(why)), by_policies

    def _at(self, pairs: tuple[Pair, Pair], protocol: Protocol, port: int) -> Iterator[Why]:
        """The directions that were decided otherwise."""
        sides = [self._decide(side, pairs[side], protocol, port) for side in (0, 1)]
        for direction in Direction:
            before, after = sides[0][direction], sides[1][direction]
            if before.allowed != after.allowed:
                yield Why(protocol, port, str(direction), before, after)

    def _only_pairs(self, connection: Connection) -> tuple[Pair, Pair] | None:
        """The pairs that stand for the ends at every port; ``None`` where replicas may be treated differently."""
        for ends in self._ends:
            if any(len(ends.atoms(end)) > 1 for end in (connection.src, connection.dst)):
                return None
        old = self._first(connection, 0)
        new = self._same(1, old)
        return old, (new if None not in new else self._first(connection, 1))

    def _first(self, connection: Connection, side: int) -> Pair:
        found = (self._endpoints(connection, end, side) for end in (connection.src, connection.dst))
        source, destination = (ends[0] if ends else None for ends in found)
        return source, destination

    def _decide(self, side: int, pair: Pair, protocol: Protocol, port: int) -> Mapping[Direction, Decision]:
        source, destination = pair
        if source is None or destination is None:
            return dict.fromkeys(Direction, ABSENT)
        return self._deciders[side].decide(source, destination, protocol, port)

    def _pairs(
        self, connection: Connection, protocol: Protocol, port: int, side: int, *, partial: bool
    ) -> tuple[Pair, Pair]:
        """A pair that may use the port in the state ``side``, and one of the other state that may not.

        ``partial`` is for connections where some replica pair may before and after: any pair may then, and some of
        the other state may not.
        """
        open_pair = self._find(connection, side, protocol, port, allowed=True)
        closed = self._same(1 - side, open_pair)
        if None in closed or partial:
            closed = self._find(connection, 1 - side, protocol, port, allowed=False)
        if partial:
            same = self._same(side, closed)
            open_pair = open_pair if None in same else same
        return (closed, open_pair) if side else (open_pair, closed)

    def _find(self, connection: Connection, side: int, protocol: Protocol, port: int, *, allowed: bool) -> Pair:
        """A pair of the ends' pods that may, or may not, use the port; any pair where none is found soon."""
        engine = self._engines[side]
        sources = self._endpoints(connection, connection.src, side)
        destinations = self._endpoints(connection, connection.dst, side)
        first = self._first(connection, side)
        if None in first:
            return first
        for source in sources[:_REPLICAS]:
            for destination in destinations[:_REPLICAS]:
                if engine.allowed(source, destination).has(protocol, port) is allowed:
                    return source, destination
        return first

    def _same(self, side: int, pair: Pair) -> Pair:
        """The pods of the same names in the other state."""
        ends = self._ends[side]
        return ends.same(pair[0]), ends.same(pair[1])

    def _endpoints(self, connection: Connection, end: End, side: int) -> list[Pod] | list[AddressEndpoint]:
        if end.external and connection.addresses is not None:
            return [self._address(connection.addresses)]
        return self._ends[side].pods.get(end, [])

    def _address(self, span: Interval) -> AddressEndpoint:
        """The first address of a range that is no pod's and no node's."""
        if span not in self._addresses:
            lo, hi = span
            address = next(point for point in range(lo, hi + 2) if point not in self._known or point > hi)
            self._addresses[span] = AddressEndpoint(min(address, hi))
        return self._addresses[span]


def _starts(ports: PortSet) -> Iterator[tuple[Protocol, int]]:
    for protocol in Protocol:
        for lo, _ in ports.of_protocol(protocol)[:_PORTS]:
            yield protocol, lo


def _absent(why: Why) -> bool:
    return why.before is ABSENT or why.after is ABSENT
