"""Who held a thing when, from sightings."""

from __future__ import annotations

from math import inf

from ringfence.flows.timeline import Sighting, Span, overlay, spans


def held(*sightings: tuple[float, float, str | None]) -> list[tuple[float, float, str | None]]:
    found = spans([Sighting(*each) for each in sightings], lambda holder: (holder,))
    return [(span.since, span.until, span.holder) for span in found]


def at(found: list[tuple[float, float, str | None]], time: float) -> str | None:
    (holder,) = [holder for since, until, holder in found if since <= time < until]
    return holder


def test_one_sighting_holds_for_all_the_time() -> None:
    assert held((5, 5, "a")) == [(-inf, inf, "a")]


def test_nothing_seen_is_nobody() -> None:
    assert held() == [(-inf, inf, None)]


def test_between_two_holders_each_has_it_up_to_the_middle() -> None:
    assert held((0, 0, "a"), (10, 10, "b")) == [(-inf, 5, "a"), (5, inf, "b")]


def test_the_same_holder_keeps_it_between_sightings() -> None:
    assert held((0, 0, "a"), (10, 10, "a"), (20, 20, "b")) == [(-inf, 15, "a"), (15, inf, "b")]


def test_who_is_gone_had_it_up_to_when_nobody_did() -> None:
    found = held((0, 0, "a"), (10, 10, None))
    assert [at(found, time) for time in (-5, 9, 10, 99)] == ["a", "a", None, None]


def test_who_came_after_nobody_had_it_from_then() -> None:
    found = held((0, 0, None), (10, 10, "b"))
    assert [at(found, time) for time in (-5, 0, 1, 10, 99)] == [None, None, "b", "b", "b"]


def test_of_two_at_once_the_one_that_came_last_has_it() -> None:
    found = held((0, 100, "a"), (40, 60, "b"))
    assert [at(found, time) for time in (0, 30, 40, 50, 60, 70, 100)] == ["a", "a", "b", "b", "b", "a", "a"]


def test_somebody_seen_counts_before_nobody() -> None:
    assert at(held((0, 10, "a"), (5, 5, None)), 5) == "a"


def test_two_lists_are_laid_over_each_other() -> None:
    one = [Span(-inf, 5.0, "a"), Span(5.0, inf, "b")]
    other = [Span(-inf, 3.0, "x"), Span(3.0, 8.0, None), Span(8.0, inf, "y")]
    assert overlay(one, other) == [
        (-inf, 3.0, "a", "x"),
        (3.0, 5.0, "a", None),
        (5.0, 8.0, "b", None),
        (8.0, inf, "b", "y"),
    ]
