"""Where the boxes of a map stand: worked out here, so that the same cluster always gives the same picture.

Few boxes stand around an oval, in the order of their names, clockwise from the left: a line between two of them
then crosses no third. Many stand in rows. Policies move nothing; a new workload only makes its namespace larger.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, combinations, pairwise
from typing import Final

from ringfence.server.map_view import Unit

ASPECT: Final = 1.6
"""Width to height of the picture."""

WIDTH: Final = 208
HEIGHT: Final = 56
"""Of the box of a workload, a folded namespace or a place outside, in pixels at full size."""

GAP: Final = 18
"""Between boxes."""

PADDING: Final = 18
HEADING: Final = 30
"""Within the box of an unfolded namespace: around its workloads, and for its name above them."""

_INNER_GAP: Final = 16
_AROUND: Final = 40
_AROUND_IN_ALL: Final = 120
"""Up to so many boxes stand around an oval, with those in them up to so many: more would be too small to read."""

_STEPS: Final = 1440
"""Places on the oval."""

_TRIES: Final = 150
"""Ovals that are tried: the last is a thousand times the first."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by its middle, in pixels at full size."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box, gap: float = 0) -> bool:
        """True where the two, with ``gap`` between them, meet."""
        return (
            abs(self.x - other.x) * 2 < self.width + other.width + 2 * gap
            and abs(self.y - other.y) * 2 < self.height + other.height + 2 * gap
        )

    def holds(self, other: Box) -> bool:
        """True where the other is inside."""
        return (
            abs(self.x - other.x) * 2 <= self.width - other.width
            and abs(self.y - other.y) * 2 <= self.height - other.height
        )


def place(units: Sequence[Unit]) -> dict[str, Box]:
    """A box for each unit by its name; those of one level don't overlap, and a namespace's holds its workloads'."""
    within: dict[str, list[Unit]] = {}
    for unit in units:
        if unit.parent:
            within.setdefault(unit.parent, []).append(unit)
    tops = [unit for unit in units if not unit.parent]
    sizes = [_size(len(within[unit.name])) if unit.unfolded else (WIDTH, HEIGHT) for unit in tops]
    few = len(sizes) <= _AROUND and len(units) <= _AROUND_IN_ALL
    boxes = _around(sizes) if few else _rows(sizes)
    found = {unit.name: box for unit, box in zip(tops, boxes, strict=True)}
    for name, inner in within.items():
        found.update(zip([unit.name for unit in inner], _inside(found[name], len(inner)), strict=True))
    return found


def _columns(count: int) -> int:
    """Columns of so many workloads in their namespace: three times as wide as high, as texts are wide."""
    return max(1, round(math.sqrt(count * (HEIGHT + _INNER_GAP) / (WIDTH + _INNER_GAP) * 3)))


def _size(count: int) -> tuple[float, float]:
    """Width and height of a namespace unfolded to so many workloads."""
    columns = _columns(count)
    rows = -(-count // columns)
    return (
        2 * PADDING + columns * (WIDTH + _INNER_GAP) - _INNER_GAP,
        2 * PADDING + HEADING + rows * (HEIGHT + _INNER_GAP) - _INNER_GAP,
    )


def _inside(space: Box, count: int) -> list[Box]:
    """The boxes of a namespace's workloads, row by row."""
    columns = _columns(count)
    left, top = space.x - space.width / 2 + PADDING, space.y - space.height / 2 + PADDING + HEADING
    return [
        Box(
            left + number % columns * (WIDTH + _INNER_GAP) + WIDTH / 2,
            top + number // columns * (HEIGHT + _INNER_GAP) + HEIGHT / 2,
            WIDTH,
            HEIGHT,
        )
        for number in range(count)
    ]


def _rows(sizes: Sequence[tuple[float, float]]) -> list[Box]:
    """Row by row from the left, as words stand in a text; as wide as fits a screen best."""
    area = sum((width + GAP) * (height + GAP) for width, height in sizes)
    least = max(math.sqrt(area * ASPECT), *(width for width, _ in sizes))
    return min((_wrapped(sizes, least * (1 + number / 20)) for number in range(21)), key=_extent)


def _extent(boxes: Sequence[Box]) -> float:
    """How small a picture must be drawn."""
    right = max(box.x + box.width / 2 for box in boxes)
    return max(right / ASPECT, *(box.y + box.height / 2 for box in boxes))


def _wrapped(sizes: Sequence[tuple[float, float]], widest: float) -> list[Box]:
    found: list[Box] = []
    x, y, highest = 0.0, 0.0, 0.0
    for width, height in sizes:
        if x and x + width > widest:
            x, y, highest = 0.0, y + highest + GAP, 0.0
        found.append(Box(x + width / 2, y + height / 2, width, height))
        x, highest = x + width + GAP, max(highest, height)
    return found


def _around(sizes: Sequence[tuple[float, float]]) -> list[Box]:
    """Around the smallest of a row of ovals, each a twentieth larger than the last, that has room for all."""
    if len(sizes) < 2:
        return [Box(0, 0, *size) for size in sizes]
    radius = max(HEIGHT, *(max(width / ASPECT, height) / 2 for width, height in sizes)) + GAP
    for _ in range(_TRIES):
        boxes = _on_oval(sizes, radius)
        if boxes is not None:
            return boxes
        radius *= 1.05
    return _rows(sizes)


def _on_oval(sizes: Sequence[tuple[float, float]], radius: float) -> list[Box] | None:
    """The boxes on an oval of this half height, spread evenly where that leaves room; None where they don't fit."""
    oval = _oval()

    def at(step: float, size: tuple[float, float]) -> Box:
        x, y = oval[int(step) % _STEPS]
        return Box(radius * x, radius * y, *size)

    taken = [0]
    for before, size in pairwise(sizes):
        step = taken[-1] + 1
        last = at(taken[-1], before)
        while step < _STEPS and at(step, size).overlaps(last, GAP):
            step += 1
        if step == _STEPS:
            return None
        taken.append(step)
    end, last = taken[-1] + 1, at(taken[-1], sizes[-1])
    while end < _STEPS and at(end, sizes[0]).overlaps(last, GAP):
        end += 1
    for spare in ((_STEPS - end) / len(sizes), 0.0):
        boxes = [at(step + number * spare, size) for number, (step, size) in enumerate(zip(taken, sizes, strict=True))]
        if not any(a.overlaps(b, GAP / 2) for a, b in combinations(boxes, 2)):
            return boxes
    return None


@cache
def _oval() -> tuple[tuple[float, float], ...]:
    """Points of Lamé's superellipse of exponent 3, which fills a screen's corners better than an ellipse.

    Half its height is 1. They are equally far from one another, and go clockwise from the left.
    """
    fine = 20 * _STEPS
    angles = (math.pi * (1 + 2 * number / fine) for number in range(fine + 1))
    curve = [(ASPECT * _bulged(math.cos(angle)), _bulged(math.sin(angle))) for angle in angles]
    lengths = [0.0, *accumulate(math.dist(a, b) for a, b in pairwise(curve))]
    return tuple(curve[bisect(lengths, lengths[-1] * number / _STEPS) - 1] for number in range(_STEPS))


def _bulged(part: float) -> float:
    return math.copysign(abs(part) ** (2 / 3), part)
