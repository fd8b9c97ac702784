"""Which tests speak of a connection that changed: only they need to be judged again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ringfence.engine import bits
from ringfence.engine.core import Engine
from ringfence.testing.coverage_effects import Effect
from ringfence.testing.ends import Ends
from ringfence.testing.plan import Plan, PlannedCase
from ringfence.testing.suite import Expect


class Touching:
    """Finds the tests, among ``cases``, that a change of connections may make fail."""

    def __init__(self, plan: Plan, engine: Engine, cases: Sequence[PlannedCase]) -> None:
        self._engine = engine
        self._atoms = [1 << engine.atom(end) for end in plan.points.endpoints]
        self._known: dict[Ends, int] = {}
        self._boxes = [
            (
                case,
                [
                    (self._of(box.sources), self._of(box.destinations), engine.table.intern(box.ports))
                    for box in case.boxes
                ],
            )
            for case in cases
        ]

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
        found = []
        for case, boxes in self._boxes:
            allowed = case.expect is Expect.ALLOWED
            if any(
                sources & starts and destinations & ends and table.intersection(closed if allowed else opened, ports)
                for starts, ends, ports in boxes
                for sources, destinations, closed, opened in changes
            ):
                found.append(case)
        return found

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
