"""Learning on the first part of the window, and what the rest would have lost."""

from __future__ import annotations

import pytest

from ringfence.model.errors import QueryError
from tests.learn.worlds import SHOP, cluster, edge, learned, of, outside


def test_what_came_new_in_the_rest_is_lost_and_what_went_on_is_not() -> None:
    """Ten hours, the last two held out: the database is called in the ninth hour for the first time."""
    edges = (
        edge("shop/web", "shop/cart", 9090, hours=tuple((hour, 2) for hour in range(10))),
        edge("shop/web", "data/db", 5432, hours=((8, 3), (9, 1))),
    )
    found = learned(cluster(*SHOP), *edges, holdout=0.2).holdout
    assert found is not None
    assert (found.kinds, found.connections) == (2, 8)
    assert [str(each) for each in found.lost] == ["shop/Pod/web → data/Pod/db TCP 5432"]
    assert found.lost_connections == 4


def test_the_rest_teaches_nothing() -> None:
    edges = (
        edge("shop/web", "shop/cart", 9090, hours=((0, 5), (9, 5))),
        edge("shop/web", outside("192.0.2.7"), 443, hours=((9, 1),)),
    )
    proposal = learned(cluster(*SHOP), *edges, holdout=0.2)
    (rule,) = of(proposal, "shop/web").egress.rules
    assert rule.peer == "shop/Pod/cart"
    assert rule.total is not None
    assert rule.total.connections == 5


def test_a_direction_that_was_not_seen_before_is_left_open_and_loses_nothing() -> None:
    edges = edge("shop/web", "shop/cart", 9090, hours=((0, 5),)), edge("data/db", "shop/web", 8080, hours=((9, 5),))
    found = learned(cluster(*SHOP), *edges, holdout=0.2).holdout
    assert found is not None
    assert not found.lost


def test_a_window_of_one_hour_can_not_be_divided() -> None:
    with pytest.raises(QueryError, match="too short"):
        learned(cluster(*SHOP), edge("shop/web", "shop/cart", 9090), holdout=0.5)
