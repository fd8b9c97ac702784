"""A store of several clusters, and an input that is one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.explain.recorded_clusters import of_cluster
from ringfence.flows.edges import EdgeSet
from ringfence.model.errors import QueryError
from ringfence.replay import replay
from tests.replay.worlds import DENY_IN, edge, outside, policy, read, workload, world

EAST, WEST = (replace(workload("shop/web"), cluster=name) for name in ("east", "west"))
EDGES = EdgeSet.of(
    [edge(EAST, outside("203.0.113.7"), 443), edge(WEST, outside("203.0.113.7"), 80), edge(EAST, WEST, 8080)]
)


def test_edges_with_an_end_in_the_named_cluster_are_kept_whole() -> None:
    found = of_cluster(EDGES, "west")
    assert list(found.port) == [80, 8080]
    assert [each.port for each in found] == [80, 8080]


def test_an_end_in_another_cluster_is_no_workload_of_this_one() -> None:
    found = of_cluster(EDGES, "west")
    report = replay(found, world(), read(world(policy("in", "shop", DENY_IN))))
    (unjudged,) = report.unjudged
    assert unjudged.why == "shop/Pod/web of cluster east is not in the input"
    assert report.kept == 1


def test_several_clusters_are_not_taken_for_one() -> None:
    with pytest.raises(QueryError, match=r"of 2 clusters \(east, west\)"):
        of_cluster(EDGES)


def test_one_cluster_needs_no_name() -> None:
    edges = EdgeSet.of([edge(EAST, outside("203.0.113.7"), 443)])
    assert of_cluster(edges) is edges


def test_a_cluster_that_no_flow_is_of_is_an_error() -> None:
    with pytest.raises(QueryError, match=r"No flow is of cluster north. They are of east, west\."):
        of_cluster(EDGES, "north")
