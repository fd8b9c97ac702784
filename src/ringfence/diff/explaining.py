"""Why a connection differs: asked at every port where a rule may decide otherwise, for pods that stand for the ends."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from ringfence.diff.asking import Asking
from ringfence.diff.causes import Cause, Causes
from ringfence.diff.connections import Connection
from ringfence.diff.ends import Ends
from ringfence.diff.report import End, Why
from ringfence.diff.states import Engines, State
from ringfence.engine import Engine
from ringfence.engine.universe import pod_key
from ringfence.explain.deciding import ABSENT, Decider, Decision, Key
from ringfence.model.intervals import Interval
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

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
        self._asking = Asking(ends)
        self._kinds: dict[End, tuple[tuple[Pod | None, Pod | None], ...]] = {}
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
        keys = self._decided_by(pairs)
        if None in keys:
            return (ports, always, *keys, *(id(end) for pair in pairs for end in pair))
        return (ports, always, *keys)

    def _decided_by(self, pairs: tuple[Pair, Pair]) -> tuple[Key | None, ...]:
        """Equal for pairs that are decided alike in both states; ``None`` for a state that lacks an end."""
        return tuple(
            decider.key(source, destination) if source is not None and destination is not None else None
            for decider, (source, destination) in zip(self._deciders, pairs, strict=True)
        )

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
            for protocol, port in self._asking.ports(connection, ports):
                for asked, reasons in self._reasons(connection, pairs, protocol, port, side, partial=partial):
                    found = self._causes.between(reasons.before, reasons.after) if not _absent(reasons) else ()
                    if not found:
                        by_policies = False
                        found = self._causes.of_ends(*asked)
                    if not found and not _absent(reasons):
                        found = self._causes.of_decision(reasons.before, reasons.after)
                    causes.update(dict.fromkeys(found))
                    if not _said(reasons, why):
                        why.append(reasons)
        return (tuple(causes), tuple(why)), by_policies

    def _reasons(
        self,
        connection: Connection,
        pairs: tuple[Pair, Pair] | None,
        protocol: Protocol,
        port: int,
        side: int,
        *,
        partial: bool,
    ) -> Iterator[tuple[tuple[Pair, Pair], Why]]:
        """What was decided otherwise at a port that is open in the state ``side``, each with the pods it was asked of.

        Of ends whose replicas may be treated differently every kind of pair that turned is asked; where none did, as
        where pods came and went, a pair of each state that shows the difference.
        """
        if pairs is not None:
            yield from ((pairs, reasons) for reasons in self._at(pairs, protocol, port))
            return
        turned = False
        for asked in self._kinds_of_pairs(connection):
            sides = [self._decide(number, asked[number], protocol, port) for number in (0, 1)]
            if all(each.allowed for each in sides[side].values()) and not all(
                each.allowed for each in sides[1 - side].values()
            ):
                turned = True
                yield from ((asked, reasons) for reasons in self._at(asked, protocol, port))
        if not turned:
            asked = self._pairs(connection, protocol, port, side, partial=partial)
            yield from ((asked, reasons) for reasons in self._at(asked, protocol, port))

    def _kinds_of_pairs(self, connection: Connection) -> Iterator[tuple[Pair, Pair]]:
        """A pair for each way in which pods of the ends, there in both states, may be treated."""
        seen = set()
        for source in self._kinds_of(connection, connection.src):
            for destination in self._kinds_of(connection, connection.dst):
                asked = (source[0], destination[0]), (source[1], destination[1])
                keys = self._decided_by(asked)
                if None not in keys and keys not in seen:
                    seen.add(keys)
                    yield asked

    def _kinds_of(self, connection: Connection, end: End) -> tuple[tuple[Endpoint | None, Endpoint | None], ...]:
        """One pod, before and after, for each kind that the engines tell apart; those of one state only have ``None``.

        An external end is one address in both.
        """
        if end.external and connection.addresses is not None:
            address = self._address(connection.addresses)
            return ((address, address),)
        found = self._kinds.get(end)
        if found is None:
            kinds: dict[tuple[int | None, int | None], tuple[Pod | None, Pod | None]] = {}
            for side, ends in enumerate(self._ends):
                for pod in ends.pods.get(end, ()):
                    both = [each.same(pod) for each in self._ends]
                    both[side] = pod
                    atoms = [each.universe.atom_of.get(pod_key(pod)) for each in self._engines]
                    old, new = (one if isinstance(one, Pod) else None for one in both)
                    kinds.setdefault((atoms[0], atoms[1]), (old, new))
            found = self._kinds[end] = tuple(kinds.values())
        return found

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
        for source in self._one_of_each(side, sources):
            for destination in self._one_of_each(side, destinations):
                if engine.allowed(source, destination).has(protocol, port) is allowed:
                    return source, destination
        return first

    def _one_of_each(self, side: int, pods: Sequence[Endpoint]) -> list[Endpoint]:
        """One endpoint of each kind that the engine tells apart."""
        engine = self._engines[side]
        return list({engine.atom(pod): pod for pod in reversed(pods)}.values())[::-1]

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


def _said(reasons: Why, why: list[Why]) -> bool:
    """Whether the same decisions were told for another port of the protocol."""
    return any(
        (each.protocol, each.direction) == (reasons.protocol, reasons.direction)
        and each.before is reasons.before
        and each.after is reasons.after
        for each in why
    )


def _absent(why: Why) -> bool:
    return why.before is ABSENT or why.after is ABSENT
