"""Port sets as small numbers, with remembered unions, intersections and differences."""

from __future__ import annotations

import threading

from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet

NONE = 0
FULL = 1

_ADDING = threading.Lock()
"""Engines that share a table may be asked by several threads, each engine by one."""


class PortTable:
    """Gives each port set that turns up one number; the operations on numbers are looked up after the first time.

    Numbers are never reused and mean the same for ever, so engines that come of one another share one table.
    """

    def __init__(self, full: PortSet = ALL_PORTS) -> None:
        """``full`` is all that the engine speaks of, and the set that has the number :data:`FULL`."""
        self.sets: list[PortSet] = [NO_PORTS, full]
        self._ids: dict[PortSet, int] = {NO_PORTS: NONE, full: FULL}
        self._unions: dict[tuple[int, int], int] = {}
        self._intersections: dict[tuple[int, int], int] = {}
        self._differences: dict[tuple[int, int], int] = {}

    @property
    def full(self) -> PortSet:
        """All that the engine speaks of."""
        return self.sets[FULL]

    def intern(self, ports: PortSet) -> int:
        """The number of a port set."""
        number = self._ids.get(ports)
        if number is None:
            with _ADDING:
                number = self._ids.get(ports)
                if number is None:
                    self.sets.append(ports)
                    number = self._ids[ports] = len(self.sets) - 1
        return number

    def union(self, a: int, b: int) -> int:
        """The number of the union of two sets."""
        if b in (a, NONE) or a == FULL:
            return a
        if a == NONE or b == FULL:
            return b
        key = (a, b) if a < b else (b, a)
        result = self._unions.get(key)
        if result is None:
            result = self._unions[key] = self.intern(self.sets[a] | self.sets[b])
        return result

    def intersection(self, a: int, b: int) -> int:
        """The number of the intersection of two sets."""
        if a in (b, NONE) or b == FULL:
            return a
        if b == NONE or a == FULL:
            return b
        key = (a, b) if a < b else (b, a)
        result = self._intersections.get(key)
        if result is None:
            result = self._intersections[key] = self.intern(self.sets[a] & self.sets[b])
        return result

    def difference(self, a: int, b: int) -> int:
        """The number of the first set without the second."""
        if a in (b, NONE) or b == FULL:
            return NONE
        if b == NONE:
            return a
        result = self._differences.get((a, b))
        if result is None:
            result = self._differences[a, b] = self.intern(self.sets[a] - self.sets[b])
        return result
