"""Who talks most, by hand-made edges."""

from __future__ import annotations

import pytest

from ringfence.flows.edges import EdgeSet
from ringfence.model.flow import Outcome
from ringfence.observe.top import By, top
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
