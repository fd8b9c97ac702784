"""Connections between the boxes of a map, summed from the matrix of pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt

from ringfence.engine.pairs import Numbers
from ringfence.engine.porttable import FULL, NONE
from ringfence.model.ports import NO_PORTS, PortSet
from ringfence.reach.filters import PortFilter
from ringfence.server.map_pairs import Pairs

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Edge:
    """Connections from one box to another, or within one.

    ``pairs`` of ``of`` pairs of their workloads may connect on some of ``ports``: ``full`` of them on every port, and
    ``varies`` where not all replicas may. ``denied`` counts the pairs of which flows show denied connections.
    """

    source: str
    target: str
    pairs: int
    of: int
    full: int = 0
    varies: int = 0
    denied: int = 0
    ports: PortSet = field(default=NO_PORTS)


class Sums:
    """Sums over boxes that hold ``sizes`` workloads each, in the order of the matrix.

    A pair of workloads counts where each of ``filters`` holds for one of its ends and one of ``ports`` is allowed.
    """

    def __init__(
        self, pairs: Pairs, sizes: Sequence[int], filters: Sequence[Sequence[bool]], ports: Sequence[PortFilter]
    ) -> None:
        self._pairs = pairs
        self._sizes = sizes
        self._unit_of: Numbers = np.repeat(np.arange(len(sizes)), sizes)
        self._filters: list[Marks] = [np.array(each, dtype=np.bool_) for each in filters]
        used = _used(pairs)
        self._used = used
        self._short: Numbers = np.zeros(len(pairs.sets), dtype=np.int64)
        self._short[used] = np.arange(len(used))
        self._wanted: Marks = np.array(
            [n != NONE and (not ports or any(port.keeps(pairs.sets[n]) for port in ports)) for n in used.tolist()],
            dtype=np.bool_,
        )
        self._unions: dict[tuple[int, ...], PortSet] = {}

    def edges(
        self, names: Sequence[str], outside: Sequence[int], denied: Iterable[tuple[str, str]], *, inner: bool
    ) -> Iterator[Edge]:
        """Every edge with something on it. ``inner`` takes in those between workloads, ``outside`` names places."""
        refused = self._denied(denied)
        start = 0
        for source, size in enumerate(self._sizes):
            span = slice(start, start + size)
            start += size
            if inner:
                yield from self._inner(source, span, names, refused)
            for place in outside:
                title = self._pairs.outside[place].name
                for matrix, ends in (
                    (self._pairs.outward, (source, -1 - place)),
                    (self._pairs.inward, (-1 - place, source)),
                ):
                    named = (names[source], title) if ends[0] == source else (title, names[source])
                    yield from self._outer(matrix[place, span], span, named, refused[ends])

    def _inner(
        self, source: int, span: slice, names: Sequence[str], refused: Counter[tuple[int, int]]
    ) -> Iterator[Edge]:
        numbers = self._short[self._pairs.between[span]]
        for marks in self._filters:
            numbers = np.where(marks[span, None] | marks[None, :], numbers, 0)
        width = len(self._used)
        counts = np.bincount(
            (self._unit_of[None, :] * width + numbers).ravel(), minlength=len(self._sizes) * width
        ).reshape(-1, width)
        varying = self._wanted[numbers] & self._pairs.varies[span]
        varies = np.bincount(self._unit_of, weights=varying.sum(axis=0), minlength=len(self._sizes)).astype(np.int64)
        counts[:, ~self._wanted] = 0
        pairs = counts.sum(axis=1)
        asked = {target for unit, target in refused if unit == source}
        for target in sorted({*np.flatnonzero(pairs).tolist(), *asked}):
            size, other = self._sizes[source], self._sizes[target]
            yield Edge(
                names[source],
                names[target],
                int(pairs[target]),
                size * (other - (source == target)),
                self._full(counts[target]),
                int(varies[target]),
                refused[source, target],
                self._union(counts[target]),
            )

    def _outer(self, row: Numbers, span: slice, ends: tuple[str, str], refused: int) -> Iterator[Edge]:
        numbers = self._short[row]
        for marks in self._filters:
            numbers = np.where(marks[span], numbers, 0)
        counts = np.bincount(numbers, minlength=len(self._used))
        counts[~self._wanted] = 0
        if refused or counts.any():
            ports = self._union(counts)
            yield Edge(*ends, int(counts.sum()), len(row), self._full(counts), 0, refused, ports)

    def _denied(self, denied: Iterable[tuple[str, str]]) -> Counter[tuple[int, int]]:
        """The denied pairs by pair of boxes; a place outside is -1 and less."""
        index = self._pairs.index()
        index.update({place.name: -1 - number for number, place in enumerate(self._pairs.outside)})
        found: Counter[tuple[int, int]] = Counter()
        for source, target in set(denied):
            a, b = index.get(source), index.get(target)
            inside = [end for end in (a, b) if end is not None and end >= 0]
            if a is None or b is None or not inside:
                continue
            if all(any(marks[end] for end in inside) for marks in self._filters):
                found[self._box(a), self._box(b)] += 1
        return found

    def _box(self, end: int) -> int:
        """The box of a workload; a place outside is its own."""
        return int(self._unit_of[end]) if end >= 0 else end

    def _full(self, counts: npt.NDArray[Any]) -> int:
        return int(counts[self._short[FULL]]) if self._used[self._short[FULL]] == FULL else 0

    def _union(self, counts: npt.NDArray[Any]) -> PortSet:
        key = tuple(np.flatnonzero(counts).tolist())
        if key not in self._unions:
            self._unions[key] = reduce(or_, (self._pairs.sets[self._used[place]] for place in key), NO_PORTS)
        return self._unions[key]


def _used(pairs: Pairs) -> Numbers:
    """The numbers of the port sets that occur, ascending; none and all among them."""
    seen = np.zeros(len(pairs.sets), dtype=np.bool_)
    seen[[NONE, FULL]] = True
    for matrix in (pairs.between, pairs.outward, pairs.inward):
        seen[matrix.ravel()] = True
    return np.flatnonzero(seen)
