"""Address sets as ranges with exceptions: the same addresses, in as few words."""

from __future__ import annotations

from functools import reduce
from operator import or_

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.dialects.writing.blocks import blocks, cidrs
from ringfence.model.addresses import ALL_V4, NO_ADDRESSES, AddressSet
from tests.strategies import CIDRS

_SETS = st.lists(st.tuples(st.sampled_from(sorted(CIDRS)), st.booleans()), max_size=5)


def _made(steps: list[tuple[str, bool]]) -> AddressSet:
    found = NO_ADDRESSES
    for cidr, adds in steps:
        found = found | AddressSet.cidr(cidr) if adds else found - AddressSet.cidr(cidr)
    return found


@settings(deadline=None)
@given(_SETS)
def test_blocks_and_ranges_mean_the_set_that_they_are_made_of(steps: list[tuple[str, bool]]) -> None:
    wanted = _made(steps)
    ranges = cidrs(wanted)
    assert reduce(or_, map(AddressSet.cidr, ranges), NO_ADDRESSES) == wanted
    meant = NO_ADDRESSES
    for outer, holes in blocks(wanted):
        whole = AddressSet.cidr(outer)
        for hole in map(AddressSet.cidr, holes):
            assert hole <= whole
            assert hole != whole
            whole -= hole
        meant |= whole
    assert meant == wanted


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (AddressSet.cidr("10.0.0.0/8"), [("10.0.0.0/8", ())]),
        (ALL_V4 - AddressSet.cidr("10.0.0.0/8"), [("0.0.0.0/0", ("10.0.0.0/8",))]),
        (AddressSet.cidr("10.0.0.0/9"), [("10.0.0.0/9", ())]),
        (
            AddressSet.cidr("192.0.2.1/32") | AddressSet.cidr("192.0.2.2/32"),
            [("192.0.2.1/32", ()), ("192.0.2.2/32", ())],
        ),
        (NO_ADDRESSES, []),
    ],
)
def test_an_exception_is_used_where_it_is_shorter(
    addresses: AddressSet, expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert blocks(addresses) == expected
