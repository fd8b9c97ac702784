"""Where the boxes of a map stand: worked out here, so that the same cluster always gives the same picture.

Few boxes stand around an ellipse, in the order of their names, clockwise from the left: a line between two of them
then crosses no third. Many stand in rows. Policies move nothing; a new workload only makes its namespace larger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
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
"""Up to so many boxes stand around an ellipse."""


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
    boxes = _around(sizes) if len(sizes) <= _AROUND else _rows(sizes)
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
    """Row by row from the left, as words stand in a text."""
    area = sum((width + GAP) * (height + GAP) for width, height in sizes)
    widest = max(math.sqrt(area * ASPECT), *(width for width, _ in sizes))
    found: list[Box] = []
    x, y, highest = 0.0, 0.0, 0.0
    for width, height in sizes:
        if x and x + width > widest:
            x, y, highest = 0.0, y + highest + GAP, 0.0
        found.append(Box(x + width / 2, y + height / 2, width, height))
        x, highest = x + width + GAP, max(highest, height)
    return found


def _around(sizes: Sequence[tuple[float, float]]) -> list[Box]:
    """Around the smallest of a row of ellipses, each a twentieth larger than the last, that has room for all."""
    if not sizes:
        return []
    if len(sizes) == 1:
        return [Box(0, 0, *sizes[0])]
    radius = max(HEIGHT, *(max(width / ASPECT, height) / 2 for width, height in sizes)) + GAP
    while True:
        boxes = _on_ellipse(sizes, radius)
        if boxes is not None:
            return boxes
        radius *= 1.05


def _bulged(part: float) -> float:
    """Makes an ellipse of a circle's parts that fills its corners better (Lamé's superellipse, of exponent 3)."""
    return math.copysign(abs(part) ** (2 / 3), part)


def _on_ellipse(sizes: Sequence[tuple[float, float]], radius: float) -> list[Box] | None:
    """The boxes on an ellipse of this half height, spread evenly; None where they don't fit."""
    steps = 1440

    def at(step: float, size: tuple[float, float]) -> Box:
        angle = math.pi + 2 * math.pi * step / steps
        return Box(radius * ASPECT * _bulged(math.cos(angle)), radius * _bulged(math.sin(angle)), *size)

    taken = [0]
    for size in sizes[1:]:
        before = at(taken[-1], sizes[len(taken) - 1])
        step = taken[-1] + 1
        while step < steps and at(step, size).overlaps(before, GAP):
            step += 1
        if step >= steps:
            return None
        taken.append(step)
    last = taken[-1]
    end = last + 1
    while end < steps and at(end, sizes[0]).overlaps(at(last, sizes[-1]), GAP):
        end += 1
    spare = (steps - end) / len(sizes)
    boxes = [at(step + number * spare, size) for number, (step, size) in enumerate(zip(taken, sizes, strict=True))]
    clear = all(not a.overlaps(b, GAP / 2) for n, a in enumerate(boxes) for b in boxes[:n])
    return boxes if clear else None
