"""The map of who calls whom."""

from __future__ import annotations

from ringfence.flows.edges import EdgeSet
from ringfence.model.flow import Outcome
from ringfence.observe.service_map import Link, service_map
from tests.replay.worlds import at_node, edge, outside

EDGES = EdgeSet.of(
    [
        edge("shop/web", "data/db", 5432, connections=5),
        edge("shop/web", "data/db", 5432, Outcome.DENIED, connections=2),
        edge("shop/web", "data/db", 9090, Outcome.FAILED, connections=1),
        edge("shop/cart", outside("198.51.100.7", "api.test"), 443),
        edge("shop/cart", outside("198.51.100.8", "api.test"), 443),
        edge(at_node("192.168.0.1"), "shop/web", 8080),
        edge(at_node("192.168.0.2"), "shop/web", 8080),
    ]
)


def test_outcomes_are_counted_for_each_pair_of_ends() -> None:
    drawn = service_map(EDGES)
    assert drawn.names == ("shop/Pod/web", "data/Pod/db", "shop/Pod/cart", "api.test", "nodes")
    assert drawn.groups == ("shop", "data", "shop", "outside", "nodes")
    assert drawn.links == (
        Link(0, 1, 5, 2, 1, ("TCP 5432", "TCP 9090")),
        Link(2, 3, 2, 0, 0, ("TCP 443",)),
        Link(4, 0, 2, 0, 0, ("TCP 8080",)),
    )


def test_too_many_ends_are_drawn_as_their_namespaces() -> None:
    drawn = service_map(EDGES, most=4)
    assert drawn.by_namespace
    assert drawn.names == ("shop", "data", "outside", "nodes")
    assert [(link.source, link.destination, link.passed) for link in drawn.links] == [(0, 1, 5), (0, 2, 2), (3, 0, 2)]
