"""The matrix of the map says what ``reach`` says, which is held to the slow evaluator elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.cluster import Cluster
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.errors import QueryError
from ringfence.model.internet import INTERNET as PUBLIC
from ringfence.model.objects import Snapshot, WorkloadRef
from ringfence.model.ports import NO_PORTS, PortSet
from ringfence.reach.report import Connection
from ringfence.server import map_pairs
from ringfence.server.map_outside import INTERNET, PRIVATE
from ringfence.server.map_pairs import Pairs, pairs_of
from tests.clusters import snapshot_with
from tests.server.serving import shop
from tests.strategies import policy_bodies, snapshots

PRIVATE_NETWORKS = reduce(
    or_, map(AddressSet.cidr, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


def inner(pairs: Pairs) -> dict[tuple[str, str], tuple[PortSet, bool]]:
    names = [member.name for member in pairs.members]
    return {
        (names[s], names[d]): (pairs.sets[int(pairs.between[s, d])], bool(pairs.varies[s, d]))
        for s in range(len(names))
        for d in range(len(names))
        if pairs.between[s, d]
    }


def reached(connections: list[Connection]) -> dict[tuple[str, str], tuple[PortSet, bool]]:
    return {
        (each.src.name, each.dst.name): (each.ports, each.varies)
        for each in connections
        if each.src.namespace and each.dst.namespace
    }


def outer(connections: list[Connection], within: AddressSet, *, outgoing: bool) -> Mapping[str, PortSet]:
    """By workload, the ports that it may use with some address of a set."""
    found: dict[str, PortSet] = {}
    for each in connections:
        near, far = (each.src, each.dst) if outgoing else (each.dst, each.src)
        if far.namespace or not near.namespace:
            continue
        low, _, high = far.name.partition("-")
        if AddressSet.of([(parse_address(low), parse_address(high or low))]) & within:
            found[near.name] = found.get(near.name, NO_PORTS) | each.ports
    return found


def agrees(cluster: Cluster) -> None:
    pairs, connections = pairs_of(cluster), list(cluster.reach().connections)
    assert inner(pairs) == reached(connections)
    places = {place.name: number for number, place in enumerate(pairs.outside)}
    for name, within in ((INTERNET, PUBLIC), (PRIVATE, PRIVATE_NETWORKS)):
        for outgoing, matrix in ((True, pairs.outward), (False, pairs.inward)):
            row = matrix[places[name]].tolist()
            found = {m.name: pairs.sets[n] for m, n in zip(pairs.members, row, strict=True) if n}
            assert found == outer(connections, within, outgoing=outgoing)


@st.composite
def replicated(draw: st.DrawFn) -> Snapshot:
    """Clusters in which some pods are replicas of one workload and yet differ."""
    snapshot = draw(snapshots())
    named = st.sampled_from(("u", "v", ""))
    pods = [
        pod if pod.planned or not name else replace(pod, workload=WorkloadRef(pod.namespace, "Deployment", name))
        for pod in snapshot.pods
        for name in [draw(named)]
    ]
    return replace(snapshot, pods=tuple(pods))


@settings(max_examples=80, deadline=None)
@given(replicated(), policy_bodies())
def test_it_agrees_with_reach_for_any_cluster(snapshot: Snapshot, bodies: list[dict[str, Any]]) -> None:
    agrees(Cluster(snapshot_with(snapshot, bodies)))


def test_it_agrees_with_reach_for_the_shop() -> None:
    agrees(shop().cluster())


def test_workloads_are_sorted_and_know_how_many_of_their_pods_are_isolated() -> None:
    members = {member.name: member for member in pairs_of(shop().cluster()).members}
    assert list(members) == sorted(members)
    checkout = members["shop/Deployment/checkout"]
    assert (len(checkout.pods), checkout.isolated_ingress, checkout.isolated_egress) == (1, 1, 1)
    assert members["monitoring/DaemonSet/node-exporter"].host_network
    # shop/README: monitoring has no policy at all.
    assert {(m.isolated_ingress, m.isolated_egress) for n, m in members.items() if n.startswith("monitoring/")} == {
        (0, 0)
    }


def test_more_workloads_than_can_be_drawn_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_pairs, "MOST", 20)
    with pytest.raises(QueryError, match="up to 20 workloads, and there are 21"):
        pairs_of(shop().cluster())
