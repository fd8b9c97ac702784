"""What a mutant changes, found without comparing every pair of the cluster.

A mutant changes the rows of the atoms that its policy selects, in one direction or both. Only towards the atoms where
an old and a new row differ is the other end's row looked at: what the other end denies either way is no change. So
the time follows what the mutant touches, and a cluster of 10,000 pods takes about a millisecond for one.

:func:`ringfence.engine.difference.compare` says the same and names every pair; here sets of atoms will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringfence.engine import bits
from ringfence.engine.core import Engine, Profile
from ringfence.engine.fold import Row
from ringfence.engine.porttable import FULL
from ringfence.model.policy import Direction, Policy
from ringfence.testing.mutants import Mutant

Cells = tuple[tuple[int, int], ...]
"""A row as pairs of a port set's number and the atoms that it goes for, without empty ones."""

_FEW = 24
"""Up to so many peers, looking each up beats going through all rows."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Sources and destinations, as sets of atoms, whose ports change from ``before`` to ``after`` (port table).

    A pod and itself, and a node and its own pods, may be among the pairs; nothing changes for those.
    """

    sources: int
    destinations: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Atoms whose rows are the same, before and after."""

    atoms: int
    before: Cells
    after: Cells


class Effects:
    """Effects of mutants on one engine, which must tell apart all that the mutants ask for."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.alive = bits.of(
            number for number, atom in enumerate(engine.universe.atoms) if atom.pods or atom.is_address
        )
        """Atoms that hold a pod or an address."""
        self._guarded = bits.of(number for number, atom in enumerate(engine.universe.atoms) if atom.guarded)
        self._everyone: dict[Direction, list[_Group]] = {}
        self._group_of: dict[Direction, dict[int, _Group]] = {}
        for direction in Direction:
            self._index(direction)

    def subjects(self, mutant: Mutant) -> int:
        """The atoms that the policy selects, before or after."""
        found = self.selected(mutant.policy)
        if mutant.replacement is not None and mutant.replacement.subject != mutant.policy.subject:
            found |= self.selected(mutant.replacement)
        return found

    def selected(self, policy: Policy) -> int:
        """The atoms that a policy selects."""
        return self.engine.universe.pod_bits(policy.subject) & self._guarded

    def mutated(self, mutant: Mutant) -> Engine:
        """The engine with the mutant in the place of its policy."""
        added = [] if mutant.replacement is None else [(mutant.stage, mutant.replacement)]
        return self.engine.with_policies([mutant.policy], added)

    def of(self, mutant: Mutant, mutated: Engine) -> list[Effect]:
        """Every change between the engine and the mutated one. A pair in several has the same ports in each."""
        directions = tuple(Direction) if mutant.place.direction is None else (mutant.place.direction,)
        subjects = self.subjects(mutant)
        changed = {direction: self._changed(direction, subjects, mutated) for direction in directions}
        found: dict[tuple[int, int, int], int] = {}
        for direction, groups in changed.items():
            opposite = Direction.INGRESS if direction is Direction.EGRESS else Direction.EGRESS
            others = changed.get(opposite, [])
            for group in groups:
                for before, after, peers in self._differing(group):
                    for subject, met, was, now in self._meeting(opposite, others, group.atoms, peers, before, after):
                        sides = (subject, met) if direction is Direction.EGRESS else (met, subject)
                        key = (sides[0], was, now)
                        found[key] = found.get(key, 0) | sides[1]
        return [Effect(sources, others, was, now) for (sources, was, now), others in found.items()]

    def _index(self, direction: Direction) -> None:
        """The rows of all atoms, those with the same row together."""
        unguarded: Cells = ((FULL, self.engine.universe.everything),)
        cells: dict[Profile | None, Cells] = {None: unguarded}
        members: dict[Profile | None, list[int]] = {}
        for number in bits.members(self.alive):
            profile = None
            if self._guarded >> number & 1:
                profile = self.engine.profile(direction, number)
                if profile not in cells:
                    cells[profile] = _cells(self.engine.row_of(profile, number), self.engine)
            members.setdefault(profile, []).append(number)
        groups = {key: _Group(bits.of(numbers), cells[key], cells[key]) for key, numbers in members.items()}
        self._everyone[direction] = list(groups.values())
        self._group_of[direction] = {number: groups[key] for key, numbers in members.items() for number in numbers}

    def _changed(self, direction: Direction, subjects: int, mutated: Engine) -> list[_Group]:
        """Subjects whose row is another one in the mutated engine, those alike together."""
        groups: dict[tuple[Profile, Profile], list[int]] = {}
        for atom in bits.members(subjects & self.alive):
            key = (self.engine.profile(direction, atom), mutated.profile(direction, atom))
            if key[0] != key[1]:
                groups.setdefault(key, []).append(atom)
        found = []
        for (old, new), atoms in groups.items():
            before, after = self.engine.row_of(old, atoms[0]), mutated.row_of(new, atoms[0])
            if before != after:
                found.append(_Group(bits.of(atoms), _cells(before, self.engine), _cells(after, mutated)))
        return found

    def _differing(self, group: _Group) -> Iterator[tuple[int, int, int]]:
        """Port sets before and after, and the live peers that they go for, where they differ."""
        for before, atoms in group.before:
            for after, others in group.after:
                both = atoms & others & self.alive
                if before != after and both:
                    yield before, after, both

    def _meeting(
        self, opposite: Direction, changed: Iterable[_Group], subjects: int, peers: int, before: int, after: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """What is left of a change after the other end's say: subjects, peers, ports before and after."""
        table = self.engine.table
        for group in changed:
            if met := group.atoms & peers:
                peers &= ~met
                yield from self._through(group, subjects, met, before, after)
        for group in self._groups(opposite, peers):
            met = group.atoms & peers
            if not met:
                continue
            for ports, atoms in group.before:
                both = atoms & subjects
                if not both:
                    continue
                was, now = table.intersection(before, ports), table.intersection(after, ports)
                if was != now:
                    yield both, met, was, now

    def _through(
        self, group: _Group, subjects: int, met: int, before: int, after: int
    ) -> Iterator[tuple[int, int, int, int]]:
        """The same where the other end's rows are changed too."""
        table = self.engine.table
        for old, atoms in group.before:
            for new, others in group.after:
                both = atoms & others & subjects
                was, now = table.intersection(before, old), table.intersection(after, new)
                if both and was != now:
                    yield both, met, was, now

    def _groups(self, direction: Direction, peers: int) -> Iterable[_Group]:
        if peers.bit_count() > _FEW:
            return self._everyone[direction]
        of = self._group_of[direction]
        return {id(of[peer]): of[peer] for peer in bits.members(peers)}.values()


def _cells(row: Row, engine: Engine) -> Cells:
    rest = engine.universe.everything
    for atoms in row.exceptions.values():
        rest &= ~atoms
    cells = tuple(row.exceptions.items())
    return (*cells, (row.default, rest)) if rest else cells
