"""Connections by hour, and what turned."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.flows.edges import Coverage, Edge, EdgeSet
from ringfence.model.flow import HOUR, Outcome
from ringfence.observe import Moment
from ringfence.observe.timeline import Timeline, timeline
from tests.replay.worlds import START, WEB_TO_DB, edge, policy, read, world

GUARD = policy("db", "data", WEB_TO_DB)
FIRST = START // HOUR


def run(edges: Iterable[Edge], history: Iterable[tuple[float, str]] = (), hours: tuple[int, ...] = ()) -> Timeline:
    moments = [
        Moment(START + hour * HOUR, f"{hour}.json", there, read(there))
        for hour, text in history
        for there in [world(text)]
    ]
    return timeline(EdgeSet.of(list(edges), Coverage(hours=hours)), world(), moments)


def test_hours_count_what_passed_what_was_stopped_and_the_rest() -> None:
    found = run(
        [
            edge("shop/web", "data/db", 5432, connections=5, first=0, last=2),  # 1, 1 and 3
            edge("shop/cart", "data/db", 5432, Outcome.DENIED, connections=4, first=2),
            edge("shop/cart", "data/db", 5432, Outcome.FAILED, connections=2, first=1),
        ]
    )
    assert [(hour.start, hour.passed, hour.stopped, hour.other) for hour in found.hours] == [
        (START, 1, 0, 0),
        (START + HOUR, 1, 0, 2),
        (START + 2 * HOUR, 3, 4, 0),
    ]


def test_an_hour_without_a_record_is_no_quiet_hour() -> None:
    edges = [edge("shop/web", "data/db", 5432, first=0), edge("shop/cart", "data/db", 5432, first=3)]
    found = run(edges, hours=(FIRST, FIRST + 1, FIRST + 3))
    assert [hour.recorded for hour in found.hours] == [True, True, False, True]


def test_what_passed_and_is_denied_since_has_turned_with_the_change_before() -> None:
    edges = [
        edge("shop/cart", "data/db", 5432, connections=3, first=0, last=2),
        edge("shop/cart", "data/db", 5432, Outcome.DENIED, connections=6, first=4, last=6),
        edge("shop/web", "data/db", 5432, first=0, last=6, connections=7),
    ]
    (turn,) = run(edges, [(1, ""), (3.5, GUARD)]).turns
    assert (turn.source.name, turn.last, turn.first, turn.denied) == (
        "shop/Pod/cart",
        START + 2 * HOUR,
        START + 4 * HOUR,
        6,
    )
    assert [change.before for change in turn.changes] == [START + 3.5 * HOUR]


def test_what_passes_and_is_denied_in_the_same_hours_has_not_turned() -> None:
    edges = [
        edge("shop/cart", "data/db", 5432, connections=7, first=0, last=6),
        edge("shop/cart", "data/db", 5432, Outcome.DENIED, first=3),
    ]
    assert not run(edges).turns


def test_every_policy_that_came_went_or_changed_is_marked() -> None:
    other = policy("db", "data", "{podSelector: {}}")
    more = policy("more", "shop", "{podSelector: {}}")
    found = run([edge("shop/web", "data/db", 5432)], [(0, GUARD), (1, other + more), (2, more)])
    assert [(change.before, change.text) for change in found.changes] == [
        (START + HOUR, "NetworkPolicy data/db is changed"),
        (START + HOUR, "NetworkPolicy shop/more is new"),
        (START + 2 * HOUR, "NetworkPolicy data/db is removed"),
    ]
