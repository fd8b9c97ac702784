"""All pairs: what every atom may reach, as defaults plus exceptions.

With ``e(s)`` the default of the source's egress row and ``i(d)`` that of the destination's ingress row, nearly every
pair is ``e(s) & i(d)``; the pairs that a row excepts are expanded and looked up a block of sources at a time. Memory
follows the exceptions of a block and not the square of the cluster; so does time, with a sort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ringfence.engine import bits
from ringfence.engine.core import Engine, Profile
from ringfence.engine.fold import Row
from ringfence.engine.porttable import FULL, NONE, PortTable
from ringfence.model.policy import Direction

Numbers = npt.NDArray[np.signedinteger[Any]]
"""Whole numbers: 32 bits where they are kept, 64 where they are reckoned with."""

_BLOCK = 500_000
"""Exceptions expanded at a time: about 50 MB of working memory."""

_LOOK_UP = 4_000_000
"""Pairs of port sets up to which a table of all of them beats sorting those that occur."""


@dataclass(frozen=True, slots=True)
class _Lists:
    """Lists of numbers end to end: list ``i`` is ``flat[start[i]:start[i + 1]]``."""

    start: Numbers
    flat: Numbers

    @classmethod
    def of(cls, lists: list[Numbers]) -> _Lists:
        lengths = np.fromiter((len(numbers) for numbers in lists), dtype=np.int64, count=len(lists))
        flat = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
        return cls(np.concatenate(([0], np.cumsum(lengths))), flat)

    @classmethod
    def grouped(cls, groups: Numbers, count: int) -> _Lists:
        """The places of each of ``count`` group numbers in ``groups``."""
        start = np.concatenate(([0], np.cumsum(np.bincount(groups, minlength=count))))
        return cls(start, np.argsort(groups, kind="stable").astype(np.int32))

    def lengths(self, chosen: Numbers) -> Numbers:
        return self.start[chosen + 1] - self.start[chosen]

    def places(self, chosen: Numbers) -> tuple[Numbers, Numbers]:
        """For the chosen lists one after the other: the place in ``chosen`` and in ``flat`` of each member."""
        lengths = self.lengths(chosen)
        which = np.repeat(np.arange(len(chosen)), lengths)
        ends = np.cumsum(lengths)
        return which, np.arange(ends[-1] if len(ends) else 0) - (ends - lengths)[which] + self.start[chosen][which]


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows of one direction: each atom's profile, and each profile's default and exceptions."""

    profile: Numbers
    rows: list[Row]
    default: Numbers
    atoms: _Lists
    ports: Numbers


class AllPairs:
    """The ports between any two atoms of an engine. Made once; answers counts and rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        atoms = engine.universe.atoms
        self.count = len(atoms)
        self.weight: Numbers = np.fromiter((len(atom.pods) for atom in atoms), dtype=np.int64, count=self.count)
        self._egress = self._side(Direction.EGRESS)
        self._ingress = self._side(Direction.INGRESS)
        profiles = len(self._ingress.default)
        self._guarded_by = _Lists.grouped(self._ingress.profile, profiles)
        owner = np.repeat(np.arange(profiles, dtype=np.int32), self._ingress.atoms.lengths(np.arange(profiles)))
        by_source = _Lists.grouped(self._ingress.atoms.flat, self.count)
        self._columns = _Lists(by_source.start, owner[by_source.flat])
        self._column_ports = self._ingress.ports[by_source.flat]

    def _side(self, direction: Direction) -> _Side:
        engine = self._engine
        unguarded = Row(FULL, {}, self.count)
        rows: list[Row] = [unguarded]
        by_content: dict[object, int] = {_content(unguarded): 0}
        by_profile: dict[Profile, int] = {}
        profile = np.zeros(self.count, dtype=np.int64)
        for number, atom in enumerate(engine.universe.atoms):
            if not atom.guarded:
                continue
            key = engine.profile(direction, number)
            if key not in by_profile:
                row = engine.row_of(key, number)
                by_profile[key] = by_content.setdefault(_content(row), len(rows))
                if by_profile[key] == len(rows):
                    rows.append(row)
            profile[number] = by_profile[key]
        lists: list[Numbers] = []
        ports: list[Numbers] = []
        mark = np.zeros(self.count, dtype=np.int32)
        for row in rows:
            excepted = 0
            for number, atoms in row.exceptions.items():
                excepted |= atoms
                mark[bits.member_array(atoms)] = number
            members = bits.member_array(excepted)
            lists.append(members)
            ports.append(mark[members])
        default = np.array([row.default for row in rows], dtype=np.int64)
        joined = _Lists.of(lists)
        lists.clear()  # before the ports are joined too: at 100,000 pods these are tens of megabytes each
        return _Side(profile, rows, default, joined, np.concatenate(ports))

    def row(self, source: int) -> Numbers:
        """The number of the port set from an atom to each atom, by number."""
        egress = np.full(self.count, self._egress.default[self._egress.profile[source]])
        chosen = np.array([self._egress.profile[source]])
        _, places = self._egress.atoms.places(chosen)
        egress[self._egress.atoms.flat[places]] = self._egress.ports[places]
        ingress = self._ingress.default[self._ingress.profile].copy()
        _, columns = self._columns.places(np.array([source]))
        which, guarded = self._guarded_by.places(self._columns.flat[columns])
        ingress[self._guarded_by.flat[guarded]] = self._column_ports[columns][which]
        return self._both(egress, ingress)

    def ingress_row(self, destination: int) -> Numbers:
        """The number of the port set that ingress alone lets in from each atom, by number."""
        profile = self._ingress.profile[destination]
        ingress = np.full(self.count, self._ingress.default[profile])
        _, places = self._ingress.atoms.places(np.array([profile]))
        ingress[self._ingress.atoms.flat[places]] = self._ingress.ports[places]
        return ingress

    def exceptions(self) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Every pair that some row excepts, once: arrays of source, destination and port set, block by block."""
        sources = np.flatnonzero(self.weight > 0)
        work = self._egress.atoms.lengths(self._egress.profile[sources]) + self._column_work()[sources]
        blocks = np.cumsum(work) // _BLOCK
        for block in np.unique(blocks):
            yield self._block(sources[blocks == block])

    def _column_work(self) -> Numbers:
        """By atom: how many pairs its column of exceptions stands for. One running sum, in place: columns are long."""
        start, profiles = self._columns.start, self._columns.flat
        running = self._guarded_by.lengths(np.arange(len(self._ingress.default)))[profiles]
        np.cumsum(running, out=running)
        upto = np.where(start > 0, running[start - 1], 0) if len(running) else np.zeros(len(start), dtype=np.int64)
        return upto[1:] - upto[:-1]

    def _block(self, sources: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        n = self.count
        which, places = self._egress.atoms.places(self._egress.profile[sources])
        egress_keys = sources[which] * n + self._egress.atoms.flat[places]
        egress_ports = self._egress.ports[places]
        entry, columns = self._columns.places(sources)
        which, guarded = self._guarded_by.places(self._columns.flat[columns])
        ingress_keys = sources[entry[which]] * n + self._guarded_by.flat[guarded]
        ingress_ports = self._column_ports[columns][which]
        order = np.argsort(ingress_keys, kind="stable")
        ingress_keys, ingress_ports = ingress_keys[order], ingress_ports[order]
        # Egress keys ascend, for sources ascend and so do the atoms of each row.
        keys = np.concatenate((egress_keys, ingress_keys[~_among(ingress_keys, egress_keys)]))
        source, destination = keys // n, keys % n
        egress = self._looked_up(keys, egress_keys, egress_ports, self._egress.default[self._egress.profile[source]])
        ingress = self._looked_up(
            keys, ingress_keys, ingress_ports, self._ingress.default[self._ingress.profile[destination]]
        )
        return source, destination, self._both(egress, ingress)

    @staticmethod
    def _looked_up(keys: Numbers, known: Numbers, ports: Numbers, default: Numbers) -> Numbers:
        """The ports of each key where it is known, else its default. ``known`` ascends."""
        if not len(known):
            return default
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, ports[places], default)

    def _both(self, egress: Numbers, ingress: Numbers) -> Numbers:
        """The number of the intersection of each pair of port sets."""
        return elementwise(self._engine.table, self._engine.table.intersection, egress, ingress)

    def tally(self) -> Tally:
        """How many ordered pairs of different pods may use every port, some, or none."""
        counts = self._default_counts()
        for source, destination, ports in self.exceptions():
            pairs = self.weight[source] * self.weight[destination]
            defaults = self._both(
                self._egress.default[self._egress.profile[source]],
                self._ingress.default[self._ingress.profile[destination]],
            )
            counts += np.bincount(_kind(ports), weights=pairs, minlength=3).astype(np.int64)
            counts -= np.bincount(_kind(defaults), weights=pairs, minlength=3).astype(np.int64)
        self._leave_out_self(counts)
        self._same_node(counts)
        denied, partial, full = counts.tolist()
        return Tally(full, partial, denied)

    def _default_counts(self) -> Numbers:
        counts = np.zeros(3, dtype=np.int64)
        by_egress = np.bincount(self._egress.default[self._egress.profile], weights=self.weight)
        by_ingress = np.bincount(self._ingress.default[self._ingress.profile], weights=self.weight)
        for a in np.flatnonzero(by_egress).tolist():
            for b in np.flatnonzero(by_ingress).tolist():
                kind = _kind_of(self._engine.table.intersection(a, b))
                counts[kind] += int(by_egress[a]) * int(by_ingress[b])
        return counts

    def _leave_out_self(self, counts: Numbers) -> None:
        for atom in np.flatnonzero(self.weight).tolist():
            counts[_kind_of(self.between(atom, atom))] -= int(self.weight[atom])

    def between(self, source: int, destination: int) -> int:
        """The number of the port set from one atom to another."""
        return self._engine.table.intersection(
            self._egress.rows[self._egress.profile[source]].ports(destination),
            self._ingress.rows[self._ingress.profile[destination]].ports(source),
        )

    def _same_node(self, counts: Numbers) -> None:
        """A host-network pod may always reach the pods of its node."""
        for source, destination, pairs in self.same_node_pairs():
            counts[_kind_of(self.between(source, destination))] -= pairs
            counts[_kind_of(FULL)] += pairs

    def same_node_pairs(self) -> Iterator[tuple[int, int, int]]:
        """Atoms of host-network pods and of pods on the same node, with the number of such pairs of pods."""
        facts = self._engine.facts
        hosts: dict[str, dict[int, int]] = {}
        guarded: dict[str, dict[int, int]] = {}
        for number, atom in enumerate(self._engine.universe.atoms):
            for pod in atom.pods:
                if pod.host_network:
                    nodes = {pod.node, *(facts.node_of_address.get(address, "") for address in pod.addresses)} - {""}
                else:
                    nodes = {pod.node} - {""}
                groups = hosts if pod.host_network else guarded
                for node in nodes:
                    atoms = groups.setdefault(node, {})
                    atoms[number] = atoms.get(number, 0) + 1
        for node, sources in hosts.items():
            for source, count in sources.items():
                for destination, others in guarded.get(node, {}).items():
                    yield source, destination, count * others


@dataclass(frozen=True, slots=True)
class Tally:
    """Ordered pairs of different pods, by what they may use."""

    full: int
    partial: int
    denied: int

    @property
    def pairs(self) -> int:
        """All ordered pairs."""
        return self.full + self.partial + self.denied


def elementwise(table: PortTable, operation: Callable[[int, int], int], a: Numbers, b: Numbers) -> Numbers:
    """An operation of the port table on each pair of numbers; each distinct pair is worked out once."""
    width = len(table.sets)
    codes = a.astype(np.int64) * width + b
    if width * width > _LOOK_UP:
        distinct, places = np.unique(codes, return_inverse=True)
    else:
        seen = np.zeros(width * width, dtype=np.int64)
        seen[codes] = 1
        distinct = np.flatnonzero(seen)
        seen[distinct] = np.arange(len(distinct))
        places = seen[codes]
    results = [operation(code // width, code % width) for code in distinct.tolist()]
    return np.array(results, dtype=np.int64)[places]


def _content(row: Row) -> object:
    """Equal for rows that say the same, whatever policies they come from."""
    return (row.default, frozenset(row.exceptions.items()))


def _among(keys: Numbers, ascending: Numbers) -> npt.NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(keys), dtype=np.bool_)
    places = np.minimum(np.searchsorted(ascending, keys), len(ascending) - 1)
    known: npt.NDArray[np.bool_] = ascending[places] == keys
    return known


def _kind(ports: Numbers) -> Numbers:
    return np.where(ports == NONE, 0, np.where(ports == FULL, 2, 1))


def _kind_of(ports: int) -> int:
    return 0 if ports == NONE else 2 if ports == FULL else 1
