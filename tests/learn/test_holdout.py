"""Learning on the first part of the window, and what the rest would have lost."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.flows.edges import Edge
from ringfence.model.errors import QueryError
from ringfence.model.flow import Outcome
from tests.learn.test_criticisms import GUARD
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


NINTH = ((8, 3),)


def lost(*edges: Edge, policies: str = "", **settings: Any) -> list[str]:
    """What the last two of ten hours lose, in which the shop's own calls go on."""
    going_on = edge("shop/web", "shop/cart", 9090, hours=tuple((hour, 2) for hour in range(10)))
    found = learned(cluster(*SHOP, policies=policies), going_on, *edges, holdout=0.2, **settings).holdout
    assert found is not None
    return [str(each) for each in found.lost]


def test_an_echo_that_came_new_is_lost_where_the_api_has_rules_for_it() -> None:
    ping = edge("shop/web", "data/db", 8, "ICMP", hours=NINTH)
    assert lost(ping, to="cilium") == ["shop/Pod/web → data/Pod/db ICMP type 8"]
    assert lost(ping) == []  # learned from by no policy, so none is to blame


def test_what_policies_deny_where_it_would_arrive_is_no_loss() -> None:
    """As in learning: it was only seen to leave, and the record of its denial may be lost."""
    left = edge("shop/web", "data/db", 5432, hours=NINTH, egress=True)
    guard = GUARD.replace("shop", "data").replace("cart", "db")
    assert lost(left) == ["shop/Pod/web → data/Pod/db TCP 5432"]
    assert lost(left, policies=guard) == []
    arrived = edge("shop/web", "data/db", 5432, hours=NINTH, egress=True, ingress=True)
    assert lost(arrived, policies=guard) == ["shop/Pod/web → data/Pod/db TCP 5432"]


def test_what_nothing_allowed_is_a_loss_only_where_it_is_learned_from() -> None:
    dropped = edge("shop/web", "data/db", 5432, hours=NINTH, outcome=Outcome.DENIED, reason="POLICY_DENIED")
    assert lost(dropped) == []
    assert lost(dropped, denied=True) == ["shop/Pod/web → data/Pod/db TCP 5432"]
