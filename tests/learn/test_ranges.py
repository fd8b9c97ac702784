"""Merging addresses within a budget: every address stays, as few as possible come in, and none that must not."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, strategies as st

from ringfence.dialects.writing.blocks import cidrs
from ringfence.learn.ranges import merge
from ringfence.model.addresses import AddressSet, parse_address


def points(*texts: str) -> list[int]:
    return [parse_address(text) for text in texts]


def test_halves_of_a_range_become_one_whatever_the_budget() -> None:
    merged = merge(points("192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"), 16)
    assert cidrs(merged.addresses) == ["192.0.2.0/30"]
    assert merged.added == 0


def test_the_merge_that_adds_the_fewest_addresses_comes_first() -> None:
    """.0 and .3 make a /30 and add 2; .8 to .15 would make a /29 and add 6."""
    merged = merge(points("192.0.2.0", "192.0.2.3", "192.0.2.8", "192.0.2.15"), 3)
    assert cidrs(merged.addresses) == ["192.0.2.0/30", "192.0.2.8/32", "192.0.2.15/32"]
    assert merged.added == 2
    assert merged.within


def test_the_families_are_never_joined() -> None:
    merged = merge(points("192.0.2.1", "2001:db8::1"), 1)
    assert cidrs(merged.addresses) == ["192.0.2.1/32", "2001:db8::1/128"]
    assert not merged.within


def test_no_range_takes_in_an_address_that_is_kept_out() -> None:
    merged = merge(points("192.0.2.0", "192.0.2.2"), 1, points("192.0.2.1"))
    assert cidrs(merged.addresses) == ["192.0.2.0/32", "192.0.2.2/32"]
    assert not merged.within


SMALL = st.integers(0, 31).map(lambda number: parse_address("192.0.2.0") + number)


@given(st.sets(SMALL, min_size=1, max_size=8), st.integers(1, 4), st.sets(SMALL, max_size=2))
def test_every_address_stays_and_the_count_is_right(wanted: set[int], budget: int, out: set[int]) -> None:
    out -= wanted
    merged = merge(wanted, budget, sorted(out))
    asked = AddressSet.of((point, point) for point in wanted)
    assert asked <= merged.addresses
    assert not merged.addresses & AddressSet.of((point, point) for point in out)
    assert merged.added == merged.addresses.size - asked.size
    assert merged.within == (len(cidrs(merged.addresses)) <= budget) or not merged.within


@given(st.sets(SMALL, min_size=2, max_size=6))
def test_one_merge_is_the_cheapest_of_all(wanted: set[int]) -> None:
    """Against trying the shortest common prefix of every two ranges."""
    before = merge(wanted, 64)
    ranges = len(cidrs(before.addresses))
    after = merge(wanted, ranges - 1) if ranges > 1 else before
    cheapest = min(
        (
            (before.addresses | _prefix(one, other)).size
            for one, other in combinations(sorted(wanted), 2)
            if len(cidrs(before.addresses | _prefix(one, other))) < ranges
        ),
        default=before.addresses.size,
    )
    assert after.addresses.size == cheapest


def _prefix(one: int, other: int) -> AddressSet:
    bits = (one ^ other).bit_length()
    low = one >> bits << bits
    return AddressSet(((low, low + (1 << bits) - 1),))
