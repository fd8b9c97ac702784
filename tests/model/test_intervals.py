"""The interval algebra, held to Python's sets on a small line."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.model.intervals import IntervalSet

LINE = range(24)
intervals = st.tuples(st.integers(0, 23), st.integers(0, 23))
interval_sets = st.lists(intervals, max_size=5).map(IntervalSet.of)


def points(chosen: IntervalSet) -> set[int]:
    return {point for point in LINE if point in chosen}


@given(st.lists(intervals, max_size=5))
def test_a_set_has_the_points_of_the_intervals_it_was_made_of(given_intervals: list[tuple[int, int]]) -> None:
    assert points(IntervalSet.of(given_intervals)) == {p for lo, hi in given_intervals for p in range(lo, hi + 1)}


@given(interval_sets, interval_sets)
def test_operations_are_those_of_sets(a: IntervalSet, b: IntervalSet) -> None:
    assert points(a | b) == points(a) | points(b)
    assert points(a & b) == points(a) & points(b)
    assert points(a - b) == points(a) - points(b)
    assert points(a ^ b) == points(a) ^ points(b)
    assert (a <= b) == (points(a) <= points(b))


@given(interval_sets, interval_sets)
def test_sets_with_the_same_points_are_equal_values(a: IntervalSet, b: IntervalSet) -> None:
    for result in (a | b, a & b, a - b, a ^ b):
        assert result == IntervalSet.of((point, point) for point in points(result))
        assert hash(result) == hash(IntervalSet.of((point, point) for point in points(result)))


@given(interval_sets)
def test_size_counts_points_and_len_counts_intervals(a: IntervalSet) -> None:
    assert a.size == len(points(a))
    assert len(a) == len(list(a))
    assert bool(a) == bool(points(a))
