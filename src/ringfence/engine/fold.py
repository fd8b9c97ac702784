"""From the policies that apply to a pod to its row: which ports it may use with every atom.

A row is {port set: atoms}. The stages are folded in order over cells of atoms that have been treated alike so far, so
the work follows the number of distinct treatments and not of atoms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.engine.point import decided
from ringfence.engine.porttable import FULL, NONE, PortTable
from ringfence.engine.program import CompiledPolicy, Program
from ringfence.engine.universe import Universe
from ringfence.model.policy import Action, Direction, StageKind
from ringfence.model.verdict import Outcome

Cell = tuple[int, int]
"""(ports allowed so far, ports that no stage has decided yet), as numbers of the port table."""

Cells = dict[Cell, int]
"""Atoms by what was decided for them; every atom is in one cell."""


@dataclass(frozen=True, slots=True)
class Row:
    """Ports by atom: ``default`` for most atoms, and ``exceptions`` as {port set: atoms} for the others.

    ``width`` is the number of atoms there were; the row says nothing of newer ones.
    """

    default: int
    exceptions: dict[int, int]
    width: int

    def ports(self, atom: int) -> int:
        """The number of the port set towards an atom."""
        for ports, atoms in self.exceptions.items():
            if atoms >> atom & 1:
                return ports
        return self.default


class Folder:
    """Folds the stages of a program over a universe."""

    def __init__(self, program: Program, universe: Universe, *, certain: bool = True) -> None:
        self.program = program
        self.universe = universe
        self.certain = certain
        self.table: PortTable = program.table

    def row(self, direction: Direction, subject: int, policies: Iterable[CompiledPolicy]) -> Row:
        """The row of a pod atom that these policies select for the direction, in order of stage."""
        by_stage: dict[int, list[CompiledPolicy]] = {}
        for policy in policies:
            by_stage.setdefault(policy.stage, []).append(policy)
        everything = self.universe.everything
        result: dict[int, int] = {FULL: everything}
        for layer in sorted({layer for layer, _ in self.program.stages}):
            cells: Cells = {(NONE, FULL): everything}
            for number, (stage_layer, stage) in enumerate(self.program.stages):
                selecting = by_stage.get(number)
                if stage_layer != layer or not selecting:
                    continue
                if stage.kind is StageKind.ADDITIVE:
                    if not any(direction in policy.policy.isolates for policy in selecting):
                        continue
                    cells = self._additive(cells, direction, subject, selecting)
                else:
                    cells = self._ordered(cells, direction, subject, selecting, stage.default)
            result = self._both(result, cells)
        default = max(result, key=lambda ports: result[ports].bit_count())
        return Row(
            default, {ports: atoms for ports, atoms in result.items() if ports != default}, len(self.universe.atoms)
        )

    def _both(self, result: dict[int, int], cells: Cells) -> dict[int, int]:
        """What an earlier layer and this one both allow; what no stage of this layer decided is allowed."""
        allowed: dict[int, int] = {}
        for (ports, undecided), atoms in cells.items():
            ports = self.table.union(ports, undecided)
            allowed[ports] = allowed.get(ports, 0) | atoms
        if len(result) == 1 and FULL in result:
            return allowed
        common: dict[int, int] = {}
        for a, atoms in result.items():
            for b, others in allowed.items():
                if both := atoms & others:
                    ports = self.table.intersection(a, b)
                    common[ports] = common.get(ports, 0) | both
        return common

    def _additive(self, cells: Cells, direction: Direction, subject: int, selecting: list[CompiledPolicy]) -> Cells:
        """Isolated: what is undecided is allowed where a rule says so, and decided either way."""
        granted: dict[int, int] = {}
        covered = 0
        for policy in selecting:
            for rule in policy.rules[direction]:
                if self.certain and rule.uncertain:
                    continue
                for atoms, ports in self.program.entries(rule, direction, subject, self.universe):
                    self._grant(granted, atoms & covered, ports)
                    if fresh := atoms & ~covered:
                        granted[ports] = granted.get(ports, 0) | fresh
                        covered |= fresh
        if rest := self.universe.everything & ~covered:
            granted[NONE] = rest
        folded: Cells = {}
        for (allowed, undecided), atoms in cells.items():
            for ports, others in granted.items():
                if both := atoms & others:
                    cell = (self.table.union(allowed, self.table.intersection(undecided, ports)), NONE)
                    folded[cell] = folded.get(cell, 0) | both
        return folded

    def _grant(self, granted: dict[int, int], atoms: int, ports: int) -> None:
        """Add ports for atoms that already have some."""
        if not atoms:
            return
        for have, others in list(granted.items()):
            both = atoms & others
            more = self.table.union(have, ports)
            if not both or more == have:
                continue
            if rest := granted[have] & ~both:
                granted[have] = rest
            else:
                del granted[have]
            granted[more] = granted.get(more, 0) | both

    def _ordered(
        self,
        cells: Cells,
        direction: Direction,
        subject: int,
        selecting: list[CompiledPolicy],
        default: Action,
    ) -> Cells:
        """First match decides; ports that were passed are kept aside until the stage ends."""
        state: dict[tuple[int, int, int], int] = {(*cell, NONE): atoms for cell, atoms in cells.items()}
        for policy in selecting:
            for rule in policy.rules[direction]:
                outcome = decided(rule.rule.action, uncertain=rule.uncertain, certain=self.certain)
                if outcome is None:
                    continue
                for atoms, ports in self.program.entries(rule, direction, subject, self.universe):
                    state = self._decide(state, atoms, ports, outcome)
        folded: Cells = {}
        for (allowed, undecided, passed), atoms in state.items():
            rest = passed if default is Action.DENY else self.table.union(undecided, passed)
            folded[allowed, rest] = folded.get((allowed, rest), 0) | atoms
        return folded

    def _decide(
        self, state: dict[tuple[int, int, int], int], atoms: int, ports: int, outcome: Outcome
    ) -> dict[tuple[int, int, int], int]:
        table = self.table
        after: dict[tuple[int, int, int], int] = {}
        for (allowed, undecided, passed), members in state.items():
            hit = members & atoms
            now = table.intersection(undecided, ports)
            if not hit or now == NONE:
                after[allowed, undecided, passed] = after.get((allowed, undecided, passed), 0) | members
                continue
            if rest := members & ~hit:
                after[allowed, undecided, passed] = after.get((allowed, undecided, passed), 0) | rest
            cell = (
                table.union(allowed, now) if outcome is Outcome.ALLOW else allowed,
                table.difference(undecided, now),
                table.union(passed, now) if outcome is Outcome.NEXT else passed,
            )
            after[cell] = after.get(cell, 0) | hit
        return after
