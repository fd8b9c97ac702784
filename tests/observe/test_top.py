"""Who talks most, by hand-made edges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ringfence.flows.choosing import Choice
from ringfence.flows.edges import EdgeSet
from ringfence.flows.store import Store, StoredInput, open_store
from ringfence.model.flow import Outcome, Tally
from ringfence.observe.top import By, top, top_of
from tests.flows.making import API, DB, NOON, WEB, WEB_2, at, flow, reduced
from tests.replay.worlds import edge, outside

EDGES = EdgeSet.of(
    [
        edge("shop/web", "data/db", 5432, connections=5, octets=10, octets_back=900),
        edge("shop/web", "data/db", 5432, Outcome.DENIED, connections=1),
        edge("shop/cart", "data/db", 5432, connections=2, octets=2_000, octets_back=1),
        edge("shop/cart", outside("198.51.100.7", "api.test"), 443, connections=3),
        edge("shop/cart", outside("198.51.100.8", "api.test", "other.test"), 443, connections=4),
        edge("shop/web", outside("203.0.113.1"), 443, connections=1),
    ]
)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.SOURCE, [("shop/Pod/cart", 9, 3), ("shop/Pod/web", 7, 2)]),
        (
            By.DESTINATION,
            [
                ("data/Pod/db", 8, 2),
                ("api.test (198.51.100.8)", 4, 1),
                ("api.test (198.51.100.7)", 3, 1),
                ("203.0.113.1", 1, 1),
            ],
        ),
        (By.NAME, [("api.test", 7, 1), ("203.0.113.1", 1, 1)]),
        (By.PORT, [("TCP 443", 8, 2), ("TCP 5432", 8, 2)]),
    ],
)
def test_rows_count_connections_and_distinct_peers(by: By, expected: list[tuple[str, int, int]]) -> None:
    assert [(row.name, row.connections, row.peers) for row in top(EDGES, by).rows] == expected


def test_bytes_order_otherwise_and_those_without_are_counted() -> None:
    found = top(EDGES, octets=True)
    assert [(row.name, row.octets, row.octets_back) for row in found.rows[:2]] == [
        ("shop/Pod/cart → data/Pod/db", 2_000, 1),
        ("shop/Pod/web → data/Pod/db", 10, 900),
    ]
    assert found.rows[2].octets is None
    assert found.without_bytes == 4


def test_what_passed_and_what_was_stopped_is_told_apart() -> None:
    row = top(EDGES, By.PAIR).rows[0]
    assert (row.connections, row.passed, row.stopped) == (6, 5, 1)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    reduction = reduced(
        (flow(), 0, 5),
        (flow(WEB_2, outcome=Outcome.DENIED), 60, 2),
        (flow(WEB, API, 443), 3600, 4),
        (flow(DB, API, 443, protocol="UDP"), 7200, 4),
        (flow(WEB, at("10.0.0.9"), None, protocol="ICMP"), 0, 1),
        (flow(DB, WEB, 80, outcome=Outcome.AUDITED), 0, 3),
    )
    reduction.add(flow(WEB, DB, 9090), Tally(NOON, NOON, 1, octets=70, octets_back=7))
    made = open_store(":memory:", write=True)
    made.add(reduction, StoredInput(1, "a", "hubble", "", "", 0, "", 0, 1, 1, NOON, NOON, NOON))
    yield made
    made.close()


@pytest.mark.parametrize("by", By)
@pytest.mark.parametrize("octets", [False, True])
@pytest.mark.parametrize("choice", [Choice(), Choice(since=NOON + 3600), Choice(namespaces=("data",))])
def test_a_store_adds_up_as_its_edges_do(store: Store, by: By, octets: bool, choice: Choice) -> None:
    found, expected = (
        top_of(store, choice, by, octets=octets, limit=2),
        top(store.edges(choice, whole=True), by, octets=octets),
    )
    every = top_of(store, choice, by, octets=octets, limit=99)
    assert every.rows == expected.rows
    assert (found.total, found.edges, found.without_bytes) == (expected.total, expected.edges, expected.without_bytes)
    assert found.rows == expected.rows[:2]
    assert found.evidence == expected.evidence
