"""At which ports it is asked what decides: wherever the ports of a rule begin or end, so that no rule is missed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from ringfence.diff.connections import Connection
from ringfence.diff.ends import Ends
from ringfence.model.policy import Direction
from ringfence.model.ports import PortRange, PortSet, Protocol

_Cut = tuple[Protocol, int]
"""A port from which on a rule may say something else than at the port before."""


class Asking:
    """Finds, for connections of two states, the ports that stand for all that changed."""

    def __init__(self, ends: tuple[Ends, Ends]) -> None:
        self._ends = ends
        self._known: dict[tuple[int, bool, tuple[int, ...]], tuple[frozenset[_Cut], bool]] = {}

    def ports(self, connection: Connection, changed: PortSet) -> Iterator[_Cut]:
        """Of the changed ports those between which nothing decides otherwise: what holds there holds for all."""
        cuts = sorted(self._cuts(connection), key=lambda cut: (cut[0].value, cut[1]))
        numbers = {protocol: [port for other, port in cuts if other is protocol] for protocol in Protocol}
        for protocol in Protocol:
            points = numbers[protocol]
            for lo, hi in changed.of_protocol(protocol):
                yield protocol, lo
                yield from ((protocol, port) for port in points[bisect_right(points, lo) : bisect_right(points, hi)])

    def _cuts(self, connection: Connection) -> set[_Cut]:
        found: set[_Cut] = set()
        for side, ends in enumerate(self._ends):
            named = False
            for direction, end in ((Direction.EGRESS, connection.src), (Direction.INGRESS, connection.dst)):
                for atom in ends.atoms(end):
                    cuts, names = self._of_policies(side, direction, ends.engine.policies_of(direction, atom))
                    found |= cuts
                    named |= names
            if named:  # a name may stand for any port of the destination that has it
                for atom in ends.atoms(connection.dst):
                    for port in ends.engine.universe.atoms[atom].ports:
                        found |= {(port.protocol, port.number), (port.protocol, port.number + 1)}
        return found

    def _of_policies(self, side: int, direction: Direction, numbers: tuple[int, ...]) -> tuple[frozenset[_Cut], bool]:
        """The cuts of the rules of some policies, and whether one of them names a port."""
        key = side, direction is Direction.INGRESS, numbers
        known = self._known.get(key)
        if known is None:
            compiled = self._ends[side].engine.program.compiled
            matches = [
                match
                for number in numbers
                for rule in compiled[number].policy.rules(direction)
                for match in rule.ports or ()
            ]
            cuts = frozenset(
                (match.protocol, port)
                for match in matches
                if isinstance(match, PortRange)
                for port in (match.lo, match.hi + 1)
            )
            known = self._known[key] = cuts, any(not isinstance(match, PortRange) for match in matches)
        return known
