"""A plan's ends as atoms of an engine, and the rows of these atoms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.engine import bits
from ringfence.engine.core import Engine, Profile
from ringfence.engine.fold import Row
from ringfence.engine.porttable import FULL
from ringfence.engine.universe import Atom, Universe, pod_key
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.testing.ends import Ends
from ringfence.testing.plan import Plan

_OPEN = Row(FULL, {}, 0)

_MANY = 100
"""Of more atoms than this, the rows of all atoms are grouped once and for all."""

Groups = list[tuple[Row, int]]
"""Atoms with the same row, together."""


class Places:
    """A plan's points and addresses as atoms of one universe; answers are remembered."""

    def __init__(self, plan: Plan, universe: Universe) -> None:
        self._plan = plan
        self.universe = universe
        self.version = universe.version
        self.atoms = [
            universe.atom_of[pod_key(end)] if isinstance(end, Pod) else universe.atom_of_address(end.address)
            for end in plan.points.endpoints
        ]
        self._of_points: dict[int, int] = {}
        self._of_addresses: dict[AddressSet, int] = {}
        self._members: dict[int, int] = {}
        self._spans: list[tuple[int, int, int]] = []

    def of(self, ends: Ends) -> tuple[int, int]:
        """The atoms of the points, and those that hold other addresses of the ends."""
        return self._points(ends.points), self._addresses(ends.addresses) if ends.addresses else 0

    def _points(self, points: int) -> int:
        found = self._of_points.get(points)
        if found is None:
            atoms = self.atoms
            found = self._of_points[points] = bits.of({atoms[number] for number in bits.members(points)})
        return found

    def _addresses(self, addresses: AddressSet) -> int:
        found = self._of_addresses.get(addresses)
        if found is None:
            found = self._of_addresses[addresses] = bits.of(set(self._touched(addresses)))
        return found

    def _touched(self, addresses: AddressSet) -> Iterator[int]:
        """The address atoms that share with a set an address that is no point's."""
        if not self._spans:
            atoms = self.universe.atoms
            self._spans = sorted(
                (low, high, number) for number in self.universe.address_atoms for low, high in atoms[number].addresses
            )
        place = 0
        known = self._plan.points.all_known
        for low, high in addresses:
            while place < len(self._spans) and self._spans[place][1] < low:
                place += 1
            while place < len(self._spans) and self._spans[place][0] <= high:
                start, end, number = self._spans[place]
                if not known(max(start, low), min(end, high)):
                    yield number
                if end > high:
                    break
                place += 1

    def within(self, ends: Ends, atoms: int) -> Ends:
        """Those of the ends that lie in these atoms."""
        points = 0
        for atom in bits.members(atoms):
            points |= self._points_of(atom)
        outside = atoms & self._addresses(ends.addresses) if ends.addresses else 0
        addresses = NO_ADDRESSES
        if outside:
            spans = [span for atom in bits.members(outside) for span in self.universe.atoms[atom].addresses]
            addresses = AddressSet.of(spans) & ends.addresses
        return Ends(ends.points & points, addresses)

    def _points_of(self, atom: int) -> int:
        if not self._members:
            lists: dict[int, list[int]] = {}
            for number, own in enumerate(self.atoms):
                lists.setdefault(own, []).append(number)
            self._members = {own: bits.of(numbers) for own, numbers in lists.items()}
        return self._members.get(atom, 0)


class Rows:
    """The rows of one engine's atoms, atoms whose rows say the same together; answers are remembered."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._known: dict[object, Row] = {_content(_OPEN): _OPEN}
        self._of_profile: dict[Profile, Row] = {}
        self._groups: dict[tuple[Direction, int], Groups] = {}
        self._all: dict[Direction, Groups] = {}

    def groups(self, direction: Direction, atoms: int) -> Groups:
        """The atoms by their row in one direction."""
        if atoms.bit_count() > _MANY:
            if direction not in self._all:
                everything = [number for number, atom in enumerate(self.engine.universe.atoms) if _lives(atom)]
                self._all[direction] = self._grouped(direction, everything)
            return [(row, hit) for row, members in self._all[direction] if (hit := members & atoms)]
        key = direction, atoms
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = self._grouped(direction, bits.members(atoms))
        return found

    def _grouped(self, direction: Direction, atoms: Sequence[int]) -> Groups:
        by_row: dict[int, tuple[Row, list[int]]] = {}
        for atom in atoms:
            row = self._row(direction, atom)
            by_row.setdefault(id(row), (row, []))[1].append(atom)
        return [(row, bits.of(numbers)) for row, numbers in by_row.values()]

    def _row(self, direction: Direction, atom: int) -> Row:
        if not self.engine.universe.atoms[atom].guarded:
            return _OPEN
        profile = self.engine.profile(direction, atom)
        row = self._of_profile.get(profile)
        if row is None:
            row = self.engine.row_of(profile, atom)
            row = self._of_profile[profile] = self._known.setdefault(_content(row), row)
        return row


def _lives(atom: Atom) -> bool:
    return bool(atom.pods) or atom.is_address


def _content(row: Row) -> object:
    """Equal for rows that say the same, whatever policies they come from."""
    return row.default, frozenset(row.exceptions.items())


def cells(row: Row, among: int) -> Iterator[tuple[int, int]]:
    """Those of some atoms that a row treats alike, with their ports."""
    rest = among
    for ports, atoms in row.exceptions.items():
        hit = rest & atoms
        if hit:
            yield ports, hit
            rest ^= hit
    if rest:
        yield row.default, rest
