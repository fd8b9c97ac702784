"""What is summed up, filtered and left out; the expected counts are sums over what ``reach`` lists."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.cluster import Cluster
from ringfence.model.errors import QueryError
from ringfence.model.objects import Snapshot
from ringfence.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol
from ringfence.reach.filters import PortFilter
from ringfence.reach.report import Connection
from ringfence.server import map_view
from ringfence.server.map_labels import labels_of
from ringfence.server.map_outside import INTERNET
from ringfence.server.map_pairs import Pairs, pairs_of
from ringfence.server.map_view import MapView, view
from ringfence.server.map_wanted import Wanted
from tests.clusters import cluster, pod, snapshot_with
from tests.server.serving import shop
from tests.strategies import policy_bodies, snapshots

NOTHING: frozenset[str] = frozenset()


def inside(connections: list[Connection]) -> list[Connection]:
    return [each for each in connections if each.src.namespace and each.dst.namespace]


def inner_edges(drawn: MapView) -> dict[tuple[str, str], tuple[int, int, PortSet]]:
    return {
        (edge.source, edge.target): (edge.pairs, edge.full, edge.ports)
        for edge in drawn.edges
        if not edge.source.startswith("outside:") and not edge.target.startswith("outside:")
    }


def by_namespace(connections: list[Connection]) -> dict[tuple[str, str], tuple[int, int, PortSet]]:
    pairs: Counter[tuple[str, str]] = Counter()
    full: Counter[tuple[str, str]] = Counter()
    ports: dict[tuple[str, str], PortSet] = {}
    for each in inside(connections):
        key = each.src.namespace, each.dst.namespace
        pairs[key] += 1
        full[key] += each.ports == ALL_PORTS
        ports[key] = ports.get(key, NO_PORTS) | each.ports
    return {key: (pairs[key], full[key], ports[key]) for key in pairs}


@settings(max_examples=40, deadline=None)
@given(snapshots(), policy_bodies(), st.data())
def test_folded_and_unfolded_namespaces_sum_up_to_what_reach_lists(
    snapshot: Snapshot, bodies: list[dict[str, Any]], data: st.DataObject
) -> None:
    found = Cluster(snapshot_with(snapshot, bodies))
    pairs, connections = pairs_of(found), list(found.reach().connections)
    folded = view(pairs, Wanted(unfolded=NOTHING))
    expected = by_namespace(connections)
    assert inner_edges(folded) == {key: value for key, value in expected.items() if key[0] != key[1]}
    assert {u.name: u.inside for u in folded.units if u.inside} == {
        a: n for (a, b), (n, _, _) in expected.items() if a == b
    }
    spaces = sorted({member.ref.namespace for member in pairs.members})
    some = frozenset(data.draw(st.lists(st.sampled_from(spaces), unique=True))) if spaces else NOTHING
    drawn = view(pairs, Wanted(unfolded=some))
    total = sum(edge[0] for edge in inner_edges(drawn).values()) + sum(unit.inside for unit in drawn.units)
    assert total == len(inside(connections))


@settings(max_examples=40, deadline=None)
@given(snapshots(), policy_bodies(), st.sampled_from([80, 443, 53, 8080]))
def test_a_port_keeps_the_connections_that_include_it(
    snapshot: Snapshot, bodies: list[dict[str, Any]], port: int
) -> None:
    found = Cluster(snapshot_with(snapshot, bodies))
    kept = PortFilter(port, Protocol.TCP)
    drawn = view(pairs_of(found), Wanted(unfolded=NOTHING, ports=(kept,)))
    expected = by_namespace([each for each in found.reach().connections if kept.keeps(each.ports)])
    assert inner_edges(drawn) == {key: value for key, value in expected.items() if key[0] != key[1]}


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return pairs_of(shop().cluster())


def test_a_small_cluster_is_drawn_by_workload_and_a_large_one_by_namespace(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(unit.kind == "workload" for unit in view(pairs, Wanted()).units) == 21
    monkeypatch.setattr(map_view, "_FEW", 20)
    assert {unit.kind for unit in view(pairs, Wanted()).units} == {"namespace", "outside"}


def test_a_namespace_keeps_what_has_an_end_in_it(pairs: Pairs) -> None:
    drawn = view(pairs, Wanted(unfolded=NOTHING, namespaces=frozenset(["payments"])))
    assert drawn.edges
    assert all("payments" in (edge.source, edge.target) for edge in drawn.edges)
    assert "payments" in {unit.name for unit in drawn.units}
    assert drawn.left_out > 0


def test_only_outside_leaves_out_what_is_between_workloads(pairs: Pairs) -> None:
    drawn = view(pairs, Wanted(unfolded=NOTHING, external=True))
    assert all("outside:" in edge.source + edge.target for edge in drawn.edges)
    # examples/shop/README: the frontend is asked by the ingress controller alone, and that by anybody.
    assert (INTERNET, "ingress-nginx") in {(edge.source, edge.target) for edge in drawn.edges}
    assert (INTERNET, "data") not in {(edge.source, edge.target) for edge in drawn.edges}


def test_denied_pairs_of_flows_are_drawn_though_nothing_is_allowed(pairs: Pairs) -> None:
    denied = [("shop/Deployment/checkout", "payments/Deployment/payments"), ("gone/Deployment/a", "gone/Deployment/b")]
    drawn = view(pairs, Wanted(unfolded=NOTHING, denied=True), denied)
    assert [(edge.source, edge.target, edge.denied) for edge in drawn.edges] == [("shop", "payments", 1)]
    assert {unit.name for unit in drawn.units} == {"shop", "payments"}


def test_a_denied_pair_may_have_its_end_outside(pairs: Pairs) -> None:
    drawn = view(pairs, Wanted(unfolded=NOTHING), [("data/StatefulSet/redis", INTERNET)])
    assert [edge.denied for edge in drawn.edges if (edge.source, edge.target) == ("data", INTERNET)] == [1]


def test_a_label_of_the_namespace_or_of_pods_keeps_its_workloads() -> None:
    found = cluster(
        pods=[pod("a/x", "team=red"), pod("a/y", "team=blue"), pod("b/z")], namespaces={"a": "", "b": "team=red"}
    )
    drawn = view(pairs_of(Cluster(found)), Wanted(label="team", value="red", unfolded=frozenset(["a", "b"])))
    assert {unit.title for unit in drawn.units if unit.kind == "workload"} == {"x", "y", "z"}
    alone = view(pairs_of(Cluster(found)), Wanted(label="team", value="blue", unfolded=frozenset(["a", "b"])))
    assert ("b/Pod/z", "a/Pod/x") not in {(edge.source, edge.target) for edge in alone.edges}
    assert ("b/Pod/z", "a/Pod/y") in {(edge.source, edge.target) for edge in alone.edges}


def test_labels_that_name_owners_come_first_and_those_of_single_pods_are_left_out() -> None:
    found = cluster(
        pods=[pod("a/x", "app=x pod-template-hash=1 team=red")], namespaces={"a": "kubernetes.io/metadata.name=a"}
    )
    assert next(iter(labels_of(Cluster(found)))) == "team"
    assert "pod-template-hash" not in labels_of(Cluster(found))
    assert "kubernetes.io/metadata.name" not in labels_of(Cluster(found))


@pytest.mark.parametrize("wanted", [Wanted(unfolded=frozenset(["nope"])), Wanted(namespaces=frozenset(["nope"]))])
def test_a_namespace_that_is_not_there_is_refused(pairs: Pairs, wanted: Wanted) -> None:
    with pytest.raises(QueryError, match="no namespace 'nope'"):
        view(pairs, wanted)


def test_too_many_boxes_are_refused(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_view, "MOST_UNITS", 10)
    with pytest.raises(QueryError, match="21 boxes, and a map draws 10"):
        view(pairs, Wanted(unfolded=frozenset(m.ref.namespace for m in pairs.members)))
