"""What can be asked of records: addresses of names, names at addresses, and their age."""

from __future__ import annotations

import datetime as dt

import pytest

from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.name_patterns import NameSyntax
from ringfence.model.names import age, seen
from tests.names.records import NOON, names, record

SOME = names(
    record("a.example", "203.0.113.1"),
    record("a.example", "2001:db8::1"),
    record("b.example", "203.0.113.1"),
    record("b.example", "203.0.113.2"),
    record("c.b.example", "203.0.113.3"),
)


def test_a_name_has_the_addresses_of_both_families() -> None:
    both = AddressSet.point(parse_address("203.0.113.1")) | AddressSet.point(parse_address("2001:db8::1"))
    assert SOME.addresses(["A.example."]) == both


def test_a_name_that_is_not_on_record_has_none() -> None:
    assert SOME.of("nope.example") == ()
    assert not SOME.addresses(["nope.example"])


def test_names_that_share_an_address_are_told_without_the_name_itself() -> None:
    assert SOME.sharing(["a.example"]) == ("b.example",)
    assert SOME.sharing(["a.example", "b.example"]) == ()
    assert SOME.sharing(["c.b.example"]) == ()
    assert SOME.at(parse_address("203.0.113.1")) == ("a.example", "b.example")


@pytest.mark.parametrize(
    ("syntax", "pattern", "found"),
    [
        (NameSyntax.CILIUM, "*.example", ("a.example", "b.example")),
        (NameSyntax.PREFIX, "*.example", ("a.example", "b.example", "c.b.example")),
        (NameSyntax.EXACT, "*.example", ()),
        (NameSyntax.EXACT, "B.example.", ("b.example",)),
    ],
)
def test_a_pattern_finds_recorded_names_as_its_dialect_reads_it(
    syntax: NameSyntax, pattern: str, found: tuple[str, ...]
) -> None:
    assert SOME.matching(syntax, pattern) == found


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (dt.timedelta(days=3), "3 days ago"),
        (dt.timedelta(hours=47), "47 hours ago"),
        (dt.timedelta(minutes=5, seconds=59), "5 minutes ago"),
        (dt.timedelta(seconds=30), "just now"),
        (dt.timedelta(days=-1), "just now"),
    ],
)
def test_age_is_told_in_the_largest_unit_of_which_there_are_two(span: dt.timedelta, text: str) -> None:
    assert age(span) == text


def test_the_age_is_that_of_the_latest_answer() -> None:
    records = [record("a.example", "203.0.113.1", days=5), record("a.example", "203.0.113.2", days=4.5)]
    assert seen(records, NOON) == "last seen on 2026-11-19, 4 days ago"


def test_an_address_that_was_not_seen_for_a_day_is_told() -> None:
    records = [record("a.example", "203.0.113.1", days=9), record("a.example", "203.0.113.2", days=3)]
    assert seen(records, NOON) == "last seen on 2026-11-20, 3 days ago (some not since 2026-11-14)"
