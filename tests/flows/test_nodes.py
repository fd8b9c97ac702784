"""What two nodes, or two interfaces, say of one connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.cluster import Cluster
from ringfence.flowlogs.read import read
from ringfence.flows.state import State, state_of
from ringfence.flows.store import edges_of
from ringfence.model.flow import Opening, Outcome
from ringfence.simulate import Plan, simulate, write
from ringfence.sources import load_snapshot
from tests.docs.paths import ROOT
from tests.flows.making import DB, NOON, WEB, edges, flow, lines, pod, reduced

HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol bytes start end action tcp-flags log-status\n"
CLUSTER = State(
    NOON,
    pods=(
        pod("web-1", "Deployment/web", "10.0.1.10"),
        pod("db-0", "StatefulSet/db", "10.0.2.20"),
        pod("agent-a", "DaemonSet/agent", "10.0.1.2", node="node-a"),
        pod("agent-b", "DaemonSet/agent", "10.0.2.2", node="node-b"),
    ),
)
PAIR = "shop/Deployment/web → shop/StatefulSet/db TCP 5432"


def vpc(interface: str, port: int, minute: int = 0) -> str:
    begin = int(NOON) + 60 * minute
    return f"3 {interface} 10.0.1.10 10.0.2.20 {port} 5432 6 400 {begin} {begin + 59} ACCEPT 2 OK\n"


@pytest.mark.parametrize(
    ("records", "connections"),
    [
        # One connection, seen at the interfaces of its source and its destination.
        ([("eni-a", 40000), ("eni-b", 40000)], 1),
        # Three connections, each seen at both.
        ([(eni, port) for eni in ("eni-a", "eni-b") for port in (40000, 40001, 40002)], 3),
        # Two connections, of which one interface has lost one.
        ([("eni-a", 40000), ("eni-a", 40001), ("eni-b", 40001)], 2),
    ],
)
def test_two_interfaces_of_a_vpc_see_the_same(tmp_path: Path, records: list[tuple[str, int]], connections: int) -> None:
    log = tmp_path / "vpc.log"
    log.write_text(HEADER + "".join(vpc(eni, port) for eni, port in records))
    (reading,) = read([log], workers=1)
    assert lines(list(edges_of([reading.reduction], [CLUSTER]))) == [f"{PAIR} allowed {connections}"]


def test_connections_of_a_simulated_vpc_are_those_that_passed_an_interface(tmp_path: Path) -> None:
    directory = ROOT / "examples" / "incidents" / "06-invisible-denies" / "policy-change"
    snapshot = load_snapshot([str(directory / "cluster"), str(directory / "before")])
    plan = Plan(seed=6, hours=3, rate=40, random_calls=0, random_names=0, rollouts=0, scanners=0)
    truth = write(simulate(snapshot, Cluster(snapshot).engine, plan), str(tmp_path), "aws-vpc").truth
    states = [state_of(load_snapshot([str(path)]), path.stat().st_mtime) for path in (tmp_path / "inventory").iterdir()]
    reductions = [reading.reduction for reading in read([tmp_path / "logs"], workers=1)]
    counted = {
        (str(edge.source), str(edge.destination), edge.port): edge.connections for edge in edges_of(reductions, states)
    }
    seen = {
        (key.source, key.destination, key.port): edge.seen
        for key, edge in truth.edges.items()
        if key.source.startswith("shop/") and key.destination.startswith("shop/")
    }
    assert seen
    assert {key: counted[key] for key in seen} == seen


def test_an_agents_pod_stands_for_its_node() -> None:
    # Both names are of one node, whose agent's log came in two ways; two nodes' counts would not be added.
    seen = [
        (flow(WEB, DB, 5432, point="engine", node="shop/agent-a"), 0, 2),
        (flow(WEB, DB, 5432, point="engine", node="agent-a", opening=Opening.UNKNOWN), 60, 3),
        (flow(WEB, DB, 5432, point="engine", node="node-b"), 60, 4),
    ]
    found = edges_of([reduced(*seen)], [CLUSTER])
    assert [edge.connections for edge in found] == [5]
    assert found.coverage.nodes == ("node-a", "node-b")


def test_a_name_that_agents_of_two_nodes_have_stands_for_itself() -> None:
    twice = State(NOON, pods=(*CLUSTER.pods, pod("agent-a", "DaemonSet/other", "10.0.9.9", "ops", node="node-c")))
    found = edges_of([reduced(flow(node="agent-a"), flow(node="ops/agent-a"))], [twice])
    assert found.coverage.nodes == ("agent-a", "node-c")


def test_what_two_nodes_leave_undecided_is_one() -> None:
    seen = [flow(outcome=Outcome.UNKNOWN, node=node) for node in ("node-a", "node-b")]
    assert [edge.connections for edge in edges(*seen)] == [1]
