"""Sets of integers as sorted, disjoint intervals: the one algebra behind port sets and address sets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

Interval = tuple[int, int]
"""Both ends belong to the interval."""


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """A set of integers. Equal sets are equal values: intervals are sorted, disjoint and never touch.

    Build with :meth:`of`; the constructor trusts its argument.
    """

    intervals: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> Self:
        """The union of ``intervals``, in any order; one whose low end is above its high end is empty."""
        merged: list[Interval] = []
        for lo, hi in sorted(intervals):
            if lo > hi:
                continue
            if merged and lo <= merged[-1][1] + 1:
                if hi > merged[-1][1]:
                    merged[-1] = (merged[-1][0], hi)
            else:
                merged.append((lo, hi))
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __contains__(self, point: int) -> bool:
        index = bisect_right(self.intervals, point, key=lambda interval: interval[0]) - 1
        return index >= 0 and point <= self.intervals[index][1]

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.intervals)

    def __len__(self) -> int:
        """The number of intervals, not of members: see :attr:`size`."""
        return len(self.intervals)

    @property
    def size(self) -> int:
        """The number of members."""
        return sum(hi - lo + 1 for lo, hi in self.intervals)

    def __or__(self, other: Self) -> Self:
        if not other.intervals:
            return self
        if not self.intervals:
            return other
        return type(self).of(self.intervals + other.intervals)

    def __and__(self, other: Self) -> Self:
        mine, theirs = self.intervals, other.intervals
        common: list[Interval] = []
        i = j = 0
        while i < len(mine) and j < len(theirs):
            lo = max(mine[i][0], theirs[j][0])
            hi = min(mine[i][1], theirs[j][1])
            if lo <= hi:
                common.append((lo, hi))
            if mine[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        return type(self)(tuple(common))

    def __sub__(self, other: Self) -> Self:
        theirs = other.intervals
        rest: list[Interval] = []
        j = 0
        for lo, hi in self.intervals:
            while j < len(theirs) and theirs[j][1] < lo:
                j += 1
            k = j
            while k < len(theirs) and theirs[k][0] <= hi:
                if theirs[k][0] > lo:
                    rest.append((lo, theirs[k][0] - 1))
                lo = theirs[k][1] + 1
                k += 1
            if lo <= hi:
                rest.append((lo, hi))
        return type(self)(tuple(rest))

    def __xor__(self, other: Self) -> Self:
        return (self - other) | (other - self)

    def __le__(self, other: Self) -> bool:
        """True where every member of this set belongs to ``other``."""
        return not (self - other).intervals
