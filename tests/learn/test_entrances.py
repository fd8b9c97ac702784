"""Clients that come by a port of nodes or a load balancer, of which pods may see a node's address only."""

from __future__ import annotations

from dataclasses import replace

from ringfence.flows.edges import Edge, Entrance, Party, PartyKind
from ringfence.learn.rules import State
from tests.learn.worlds import SHOP, cluster, edge, learned

NODE = """\
apiVersion: v1
kind: Node
metadata: {name: node-a}
status: {addresses: [{type: InternalIP, address: 192.168.1.4}]}
"""
CLIENT = Party(PartyKind.EXTERNAL, address="203.0.113.9")
FROM_NODE = Party(PartyKind.NODE, workload="Node/node-a", address="192.168.1.4")


def entering(*, keeps_client: bool) -> Edge:
    called = edge(CLIENT, "shop/web", 8080)
    return replace(called, via=(Entrance("node port 30080 of Service shop/web", keeps_client),))


def ingress_of_web(*edges: Edge) -> tuple[State, tuple[str, ...]]:
    found = learned(cluster(*SHOP, NODE), *edges)
    (side,) = (each.ingress for each in found.workloads if each.group.name == "web")
    return side.state, side.reasons


def test_ingress_stays_open_where_a_node_may_stand_for_clients_and_none_was_seen() -> None:
    state, reasons = ingress_of_web(entering(keeps_client=False))
    assert state is State.OPEN
    assert reasons == (
        "clients come by node port 30080 of Service shop/web, which may replace their addresses by a node's",
    )


def test_the_nodes_that_were_seen_are_allowed_beside_the_clients() -> None:
    state, _ = ingress_of_web(entering(keeps_client=False), edge(FROM_NODE, "shop/web", 8080))
    assert state is State.ISOLATED


def test_clients_that_keep_their_addresses_are_allowed_by_these() -> None:
    state, _ = ingress_of_web(entering(keeps_client=True))
    assert state is State.ISOLATED
