"""Which tests speak of a connection that changed: only they need to be judged again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ringfence.engine import bits
from ringfence.engine.core import Engine
from ringfence.testing.coverage_effects import Effect
from ringfence.testing.ends import Ends
from ringfence.testing.plan import Plan, PlannedCase
from ringfence.testing.suite import Expect

_Box = tuple[int, int, int]
"""Sources and destinations as sets of atoms, and the number of the ports."""

_Change = tuple[int, int, int, int]
"""Sources and destinations as sets of atoms, the ports that are closed, and those that are opened."""


class Touching:
    """Finds the tests, among ``cases``, that a change of connections may make fail."""

    def __init__(self, plan: Plan, engine: Engine, cases: Sequence[PlannedCase]) -> None:
        self._engine = engine
        self._atoms = [1 << engine.atom(end) for end in plan.points.endpoints]
        self._known: dict[Ends, int] = {}
        self._boxes = [self._case(case) for case in cases]

    def _case(self, case: PlannedCase) -> tuple[PlannedCase, int, int, list[_Box]]:
        """The boxes of a test in atoms, and all of its sources and destinations."""
        boxes = [
            (self._of(box.sources), self._of(box.destinations), self._engine.table.intern(box.ports))
            for box in case.boxes
        ]
        sources = destinations = 0
        for starts, ends, _ in boxes:
            sources |= starts
            destinations |= ends
        return case, sources, destinations, boxes

    def of(self, effects: Iterable[Effect]) -> list[PlannedCase]:
        """The tests that speak of a connection that these effects turn into what the test does not expect."""
        table = self._engine.table
        changes = [
            (
                effect.sources,
                effect.destinations,
                table.difference(effect.before, effect.after),
                table.difference(effect.after, effect.before),
            )
            for effect in effects
        ]
        starts = ends = 0
        for source, destination, _, _ in changes:
            starts |= source
            ends |= destination
        return [
            case
            for case, sources, destinations, boxes in self._boxes
            if sources & starts and destinations & ends and self._touched(case, boxes, changes)
        ]

    def _touched(self, case: PlannedCase, boxes: Iterable[_Box], changes: Iterable[_Change]) -> bool:
        allowed = case.expect is Expect.ALLOWED
        for sources, destinations, ports in boxes:
            for starts, ends, closed, opened in changes:
                turned = closed if allowed else opened
                if sources & starts and destinations & ends and self._engine.table.intersection(turned, ports):
                    return True
        return False

    def _of(self, ends: Ends) -> int:
        """The atoms that hold one of these ends at least."""
        atoms = self._known.get(ends)
        if atoms is None:
            atoms = 0
            for number in bits.members(ends.points):
                atoms |= self._atoms[number]
            if ends.addresses:
                universe = self._engine.universe
                for number in universe.address_atoms:
                    if universe.atoms[number].addresses & ends.addresses:
                        atoms |= 1 << number
            self._known[ends] = atoms
        return atoms
