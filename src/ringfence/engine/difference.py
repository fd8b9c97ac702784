"""What a change opens and closes: two engines compared, exactly, pair by pair.

The endpoints of both are cut into *cells*: pods, or addresses, that are alike in either. A pair's ports can only
differ where the source's egress row or the destination's ingress row does, so rows are compared first and only the
pairs where one differs are looked up. Engines that came of one another (``with_…``) share the numbers of their
policies: a cell with the same profile in both has the same row, but towards pods that changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ringfence.engine import bits
from ringfence.engine.core import Engine
from ringfence.engine.fold import Row
from ringfence.engine.pairs import Numbers
from ringfence.engine.porttable import FULL, NONE
from ringfence.engine.universe import pod_key
from ringfence.model.addresses import AddressSet
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import NO_PORTS, PortSet

Ends = tuple[Pod, ...] | AddressSet
"""Pods, or addresses. A range speaks of its addresses that are no pod's and no node's."""

_ABSENT = -1


@dataclass(frozen=True, slots=True)
class PairChange:
    """Pairs whose ports changed from ``before`` to ``after``: each source with each destination.

    A pod that is both a source and a destination is not meant with itself. An endpoint that one of the engines does
    not have has no ports there.
    """

    sources: Ends
    destinations: Ends
    before: PortSet
    after: PortSet

    @property
    def opened(self) -> PortSet:
        """Ports that are allowed now and were not."""
        return self.after - self.before

    @property
    def closed(self) -> PortSet:
        """Ports that were allowed and are not any more."""
        return self.before - self.after


def compare(old: Engine, new: Engine, *, nodes: bool = True) -> list[PairChange]:
    """Every pair of pods, or of a pod and outside addresses, whose ports differ between two engines.

    Which node runs a pod, and which addresses nodes have, is taken from the new engine. With ``nodes=False`` only what
    policies say is compared, as if no node were exempt towards its own pods; so ``reach`` reads it by workload.
    """
    return list(_Comparison(old, new, nodes=nodes).changes())


@dataclass(slots=True)
class _Cell:
    old: int
    new: int
    pods: list[Pod] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    changed: bool = False

    @property
    def ends(self) -> Ends:
        return tuple(self.pods) if self.pods else AddressSet.of(self.spans)


class _Comparison:
    def __init__(self, old: Engine, new: Engine, *, nodes: bool) -> None:
        self._old = old
        self._new = new
        self._nodes = nodes
        self._related = old.table is new.table
        self._cells = [*_pod_cells(old, new), *_address_cells(old, new)]
        self._places = (
            np.array([cell.old for cell in self._cells], dtype=np.int64),
            np.array([cell.new for cell in self._cells], dtype=np.int64),
        )
        self._all = np.arange(len(self._cells))
        self._changed = np.flatnonzero([cell.changed for cell in self._cells])
        self._guarded_otherwise = {
            direction: new.guarded_otherwise(old, direction) if self._related else set() for direction in Direction
        }
        self._tables = (old.table, new.table)
        self._rows: tuple[dict[int, Row], ...] = ({}, {}, {}, {})
        self._dense: dict[tuple[int, int], Numbers] = {}
        self._numbers = {number: old.table.intern(ports) for number, ports in enumerate(new.table.sets)}

    def changes(self) -> Iterator[PairChange]:
        suspects: dict[int, set[int]] = {}
        for number, cell in self._to_compare():
            for destination in self._differing(Direction.EGRESS, cell):
                suspects.setdefault(number, set()).add(destination)
            for source in self._differing(Direction.INGRESS, cell):
                suspects.setdefault(source, set()).add(number)
        for source in sorted(suspects):
            yield from self._changes_of(source, sorted(suspects[source]))

    def _to_compare(self) -> Iterator[tuple[int, _Cell]]:
        """The cells of pods, with their numbers, whose rows may differ."""
        if self._related and not len(self._changed):
            touched = self._guarded_otherwise[Direction.EGRESS] | self._guarded_otherwise[Direction.INGRESS]
            known = len(self._old.universe.atoms)
            for number, cell in enumerate(self._cells):
                if cell.pods and (cell.new in touched or cell.new >= known):
                    yield number, cell
        else:
            yield from ((number, cell) for number, cell in enumerate(self._cells) if cell.pods)

    def _differing(self, direction: Direction, cell: _Cell) -> list[int]:
        """The cells towards which a cell's row differs between the engines."""
        if self._related and not cell.changed and self._same_policies(direction, cell):
            if not len(self._changed):
                return []
            among = self._changed
        else:
            among = self._all
        before = self._values(0, direction, cell.old)[self._places[0][among]]
        after = self._values(1, direction, cell.new)[self._places[1][among]]
        differing: list[int] = among[before != after].tolist()
        return differing

    def _same_policies(self, direction: Direction, cell: _Cell) -> bool:
        if cell.old == cell.new:
            return cell.old not in self._guarded_otherwise[direction]
        return self._old.policies_of(direction, cell.old) == self._new.policies_of(direction, cell.new)

    def _values(self, side: int, direction: Direction, atom: int) -> Numbers:
        """A row by atom, in the old engine's port numbers, with nothing for an absent endpoint (the last place)."""
        engine = (self._old, self._new)[side]
        if atom == _ABSENT:
            return np.full(len(engine.universe.atoms) + 1, NONE)
        row = self._row(side, direction, atom)
        values = self._dense.get((side, id(row)))
        if values is None:
            values = np.full(len(engine.universe.atoms) + 1, self._number(side, row.default))
            for ports, atoms in row.exceptions.items():
                values[bits.member_array(atoms)] = self._number(side, ports)
            values[_ABSENT] = NONE
            self._dense[side, id(row)] = values
        return values

    def _row(self, side: int, direction: Direction, atom: int) -> Row:
        rows = self._rows[2 * side + (direction is Direction.INGRESS)]
        row = rows.get(atom)
        if row is None:
            engine = (self._old, self._new)[side]
            row = engine.row(direction, atom) if engine.universe.atoms[atom].guarded else _UNGUARDED
            rows[atom] = row
        return row

    def _number(self, side: int, ports: int) -> int:
        if side == 0 or self._related:
            return ports
        if ports not in self._numbers:
            self._numbers[ports] = self._old.table.intern(self._new.table.sets[ports])
        return self._numbers[ports]

    def _changes_of(self, source: int, destinations: list[int]) -> Iterator[PairChange]:
        groups: dict[tuple[int, int, bool], list[_Cell]] = {}
        start = self._cells[source]
        for number in destinations:
            end = self._cells[number]
            yield from self._on_node(start, end)
            before = self._between(0, start.old, end.old)
            after = self._between(1, start.new, end.new)
            if before != after:
                groups.setdefault((before, after, bool(end.pods)), []).append(end)
        sets = self._old.table.sets
        for (before, after, of_pods), ends in groups.items():
            if of_pods:
                pods = tuple(pod for end in ends for pod in end.pods)
                for sources, others in self._off_node(start, pods):
                    yield PairChange(sources, others, sets[before], sets[after])
            else:
                spans = [span for end in ends for span in end.spans]
                yield PairChange(start.ends, AddressSet.of(spans), sets[before], sets[after])

    def _between(self, side: int, source: int, destination: int) -> int:
        if _ABSENT in (source, destination):
            return NONE
        egress = self._row(side, Direction.EGRESS, source).ports(destination)
        ingress = self._row(side, Direction.INGRESS, destination).ports(source)
        if egress == FULL or ingress == NONE:
            return self._number(side, ingress)
        return self._number(side, self._tables[side].intersection(egress, ingress))

    def _on_node(self, start: _Cell, end: _Cell) -> Iterator[PairChange]:
        """A node and its own pods: always allowed while both are there, so only coming and going changes that."""
        there = [_ABSENT not in (start.old, end.old), _ABSENT not in (start.new, end.new)]
        if not self._nodes or there[0] == there[1]:
            return
        before, after = (self._new.table.full if both else NO_PORTS for both in there)
        for source in start.pods:
            local = tuple(pod for pod in end.pods if self._new.facts.on_same_node(source, pod))
            if local:
                yield PairChange((source,), local, before, after)

    def _off_node(self, start: _Cell, destinations: tuple[Pod, ...]) -> Iterator[tuple[Ends, tuple[Pod, ...]]]:
        """The pairs that policies judge: without a pod and itself, and without a node and its own pods."""
        if not self._nodes or not start.pods or not start.pods[0].host_network:
            if start.pods == list(destinations) and len(start.pods) == 1 and not start.pods[0].planned:
                return
            yield start.ends, destinations
            return
        for source in start.pods:
            judged = tuple(pod for pod in destinations if not self._new.facts.on_same_node(source, pod))
            if judged:
                yield (source,), judged


_UNGUARDED = Row(FULL, {}, 0)


def _pod_cells(old: Engine, new: Engine) -> Iterator[_Cell]:
    cells: dict[tuple[int, int, bool], _Cell] = {}

    def put(old_atom: int, new_atom: int, pod: Pod, *, changed: bool) -> None:
        key = (old_atom, new_atom, changed)
        if key not in cells:
            cells[key] = _Cell(old_atom, new_atom, changed=changed)
        cells[key].pods.append(pod)

    before = old.universe.atoms
    for number, atom in enumerate(new.universe.atoms):
        if number < len(before) and before[number] is atom:
            if atom.pods:
                cells[number, number, False] = _Cell(number, number, list(atom.pods))
            continue
        for pod in atom.pods:
            old_atom = old.universe.atom_of.get(pod_key(pod), _ABSENT)
            changed = old_atom == _ABSENT or not _same_pod(old, new, old_atom, pod)
            put(old_atom, number, pod, changed=changed)
    for number, atom in enumerate(before):
        if number < len(new.universe.atoms) and new.universe.atoms[number] is atom:
            continue
        for pod in atom.pods:
            if pod_key(pod) not in new.universe.atom_of:
                put(number, _ABSENT, pod, changed=True)
    yield from cells.values()


def _same_pod(old: Engine, new: Engine, old_atom: int, pod: Pod) -> bool:
    """True where neither the pod nor its namespace's labels changed."""
    if not any(pod is other for other in old.universe.atoms[old_atom].pods):
        return False
    return old.facts.namespace_labels(pod.namespace) == new.facts.namespace_labels(pod.namespace)


def _address_cells(old: Engine, new: Engine) -> Iterator[_Cell]:
    """The common refinement of both engines' address atoms: a walk over both, in order of address."""
    cells: dict[tuple[int, int], _Cell] = {}
    ours, theirs = _spans(old), _spans(new)
    i = j = 0
    while i < len(ours) and j < len(theirs):
        lo, hi = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if lo <= hi:
            key = (ours[i][2], theirs[j][2])
            cells.setdefault(key, _Cell(*key)).spans.append((lo, hi))
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    yield from cells.values()


def _spans(engine: Engine) -> list[tuple[int, int, int]]:
    atoms = engine.universe.atoms
    return sorted((lo, hi, number) for number in engine.universe.address_atoms for lo, hi in atoms[number].addresses)
