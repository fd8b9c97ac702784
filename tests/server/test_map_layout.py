"""Where boxes stand: apart from one another, the same each time, and moved by little."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

from hypothesis import given, settings, strategies as st

from ringfence.model.objects import WorkloadRef
from ringfence.server.map_layout import Box, place
from ringfence.server.map_outside import INTERNET, Outside
from ringfence.server.map_pairs import Member
from ringfence.server.map_view import Unit

NAMES = [f"ns-{number:03}" for number in range(150)]

spaces = st.dictionaries(st.sampled_from(NAMES), st.one_of(st.just(0), st.integers(1, 60)), max_size=70)
"""Namespaces by name; 0 for a folded one, else the number of its workloads."""


def units(counts: Mapping[str, int], *, outside: bool = True) -> list[Unit]:
    found = (
        [Unit(INTERNET, "outside", "Internet", outside=Outside(INTERNET, "Internet", "", (), ()))] if outside else []
    )
    for name in sorted(counts):
        members = tuple(Member(WorkloadRef(name, "Deployment", f"w{n:03}"), (), 0, 0) for n in range(counts[name]))
        found.append(Unit(name, "namespace", name, members=members, unfolded=bool(members)))
        found += [Unit(each.name, "workload", each.ref.name, name, (each,)) for each in members]
    return found


def away(a: Box, b: Box) -> float:
    return math.dist((a.x, a.y), (b.x, b.y))


def level(drawn: Sequence[Unit], boxes: Mapping[str, Box], parent: str) -> list[Box]:
    return [boxes[unit.name] for unit in drawn if unit.parent == parent]


@settings(max_examples=60, deadline=None)
@given(spaces)
def test_no_two_boxes_of_one_level_overlap_and_workloads_stand_in_their_namespace(counts: dict[str, int]) -> None:
    drawn = units(counts)
    boxes = place(drawn)
    assert set(boxes) == {unit.name for unit in drawn}
    for parent in ("", *counts):
        assert not any(a.overlaps(b, 4) for a, b in combinations(level(drawn, boxes, parent), 2))
    for unit in drawn:
        assert not unit.parent or boxes[unit.parent].holds(boxes[unit.name])


@settings(max_examples=60, deadline=None)
@given(spaces)
def test_the_picture_is_bounded_and_of_the_shape_of_a_screen(counts: dict[str, int]) -> None:
    boxes = place(units(counts)).values()
    width = max(b.x + b.width / 2 for b in boxes) - min(b.x - b.width / 2 for b in boxes)
    height = max(b.y + b.height / 2 for b in boxes) - min(b.y - b.height / 2 for b in boxes)
    assert all(math.isfinite(value) for box in boxes for value in (box.x, box.y, box.width, box.height))
    longest = max((box.width for box in boxes), default=0) + max((box.height for box in boxes), default=0)
    assert max(width, height) <= 4 * longest + 260 * len(counts)


@settings(max_examples=30, deadline=None)
@given(spaces)
def test_the_same_units_stand_at_the_same_places(counts: dict[str, int]) -> None:
    assert place(units(counts)) == place(units(dict(reversed(counts.items()))))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.just(0), min_size=6, max_size=36), st.data())
def test_a_new_namespace_moves_each_other_by_a_place_or_two(counts: dict[str, int], data: st.DataObject) -> None:
    new = data.draw(st.sampled_from([name for name in NAMES if name not in counts]))
    before, after = place(units(counts)), place(units({**counts, new: 0}))
    order = [name for name in before if name != INTERNET]
    assert order == [name for name in after if name not in (INTERNET, new)]
    apart = max(away(a, b) for boxes in (before, after) for a, b in pairwise(boxes.values()))
    assert max(away(before[name], after[name]) for name in order) <= 2 * apart


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.just(0), min_size=3, max_size=30))
def test_no_line_between_two_boxes_of_a_ring_crosses_a_third(counts: dict[str, int]) -> None:
    """By their middles: all of them are corners of one convex outline."""
    boxes = list(place(units(counts, outside=False)).values())
    turns = []
    for a, b, c in zip(boxes, boxes[1:] + boxes[:1], boxes[2:] + boxes[:2], strict=True):
        turns.append((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x))
    assert all(turn > -1e-6 for turn in turns)
