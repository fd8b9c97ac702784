"""The page's reasons are the engine's, although it is asked far less often than there are cells."""

from __future__ import annotations

import pytest

from ringfence.cluster import Cluster
from ringfence.model.policy import Direction
from ringfence.model.ports import ALL_PORTS
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.cell_reasons import CellReasons
from tests.clusters import cluster, node, pod

POLICIES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {tier: api}}, namespaceSelector: {}}]
    ports: [{port: pg}]
  - from: [{ipBlock: {cidr: 192.0.2.0/24}}, {ipBlock: {cidr: 198.51.100.0/24}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: shop}
spec:
  podSelector: {matchLabels: {tier: api}}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {}}]
    ports: [{port: pg}]
"""

SNAPSHOT = cluster(
    [
        pod("shop/api", "tier=api", ip="10.0.0.1"),
        pod("shop/api2", "tier=api", ip="10.0.0.2"),
        pod("shop/web", "app=web", ip="10.0.0.3"),
        pod("data/db", "app=db", ip="10.0.0.4", ports="pg:5432", node="n1"),
        pod("data/db2", "app=db", ip="10.0.0.5", ports="pg:6432", node="n2"),
        pod("ops/agent", ip="192.168.0.1", host=True, node="n1"),
    ],
    POLICIES,
    nodes=[node("n1", ip="192.168.0.1"), node("n2", ip="192.168.0.2")],
)


def end(name: str) -> ReachEnd:
    return ReachEnd(name, name.partition("/")[0] if "/" in name else "")


def every() -> list[ReachEnd]:
    outside = [end("192.0.2.0-192.0.2.255"), end("198.51.100.0-198.51.100.255"), end("::-::ffff")]
    return [*(end(str(one)) for one in SNAPSHOT.pods), *outside]


def test_a_remembered_answer_is_the_one_that_would_be_given_afresh() -> None:
    world = Cluster(SNAPSHOT)
    warm = CellReasons(world)
    for src in every():
        for dst in every():
            if src != dst and not (src.external and dst.external):
                pair = Connection(src, dst, ALL_PORTS, ALL_PORTS)
                assert warm.allowed(pair) == CellReasons(world).allowed(pair), (src, dst)
                assert warm.denied(src, dst) == CellReasons(world).denied(src, dst), (src, dst)


@pytest.mark.parametrize(
    ("src", "dst", "direction", "policy", "rule", "text"),
    [
        ("shop/api", "data/db", Direction.EGRESS, "NetworkPolicy shop/out", "egress rule 1", "allow: "),
        ("shop/api", "data/db", Direction.INGRESS, "NetworkPolicy data/db", "ingress rule 1", "allow: pods tier=api"),
        (
            "192.0.2.0-192.0.2.255",
            "data/db2",
            Direction.INGRESS,
            "NetworkPolicy data/db",
            "ingress rule 2",
            "192.0.2.0/24",
        ),
        ("shop/web", "shop/api", Direction.EGRESS, "", "", "no policy decides"),
        ("ops/agent", "data/db", Direction.INGRESS, "", "", "a node may always reach"),
        ("shop/web", "ops/agent", Direction.INGRESS, "", "", "on the network of its node"),
    ],
)
def test_an_open_cell_names_what_opens_it(
    src: str, dst: str, direction: Direction, policy: str, rule: str, text: str
) -> None:
    world = Cluster(SNAPSHOT)
    source, destination = (next((p for p in SNAPSHOT.pods if str(p) == name), None) for name in (src, dst))
    ports = ALL_PORTS if source is None or destination is None else world.engine.allowed(source, destination)
    found = CellReasons(world).allowed(Connection(end(src), end(dst), ports, ports))
    (reason,) = [reason for reason in found if reason.direction is direction]
    assert (reason.policy, reason.rule) == (policy, rule)
    assert text in reason.text


def test_a_closed_cell_names_the_policy_that_guards_it() -> None:
    (reason,) = CellReasons(Cluster(SNAPSHOT)).denied(end("shop/web"), end("data/db"))
    assert (reason.direction, reason.policy, reason.rule) == (Direction.INGRESS, "NetworkPolicy data/db", "")
    assert reason.origin.startswith("policies.yaml:")
    assert reason.text == "guards it, and no rule allows this"
