"""Workloads and Services stand for all their pods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.model.objects import Pod, Service, ServicePort, WorkloadRef
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from tests.clusters import cluster, node, pod
from tests.explain.worlds import World

POLICIES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web, track: stable}}}]
    ports: [{port: pg}]
  - from: [{ipBlock: {cidr: 192.0.2.0/24}}]
"""


def web(name: str, labelled: str, *, node: str) -> Pod:
    return replace(pod(f"shop/{name}", labelled, node=node), workload=WorkloadRef("shop", "Deployment", "web"))


PODS = (
    web("web-a", "app=web track=stable", node="n1"),
    web("web-b", "app=web track=stable", node="n2"),
    web("web-c", "app=web track=canary", node="n2"),
    replace(pod("shop/db-0", "app=db", ports="pg:5432", node="n1"), workload=WorkloadRef("shop", "StatefulSet", "db")),
    replace(pod("shop/db-1", "app=db", ports="pg:5433", node="n2"), workload=WorkloadRef("shop", "StatefulSet", "db")),
    pod("shop/job", "app=job", planned=True),
)
SERVICE = Service("shop", "db", (ServicePort("pg", Protocol.TCP, 5432, "pg"),), {"app": "db"})
WORLD = World(
    replace(cluster(PODS, POLICIES, nodes=[node("n1", ip="10.1.0.1"), node("n2", ip="10.1.0.2")]), services=(SERVICE,))
)


def test_a_workload_is_allowed_only_where_every_replica_is() -> None:
    judgement = WORLD.ask("shop/deploy/web", "shop/db-0:5432")
    assert not judgement.allowed
    assert judgement.varies
    assert (judgement.allowed_pairs, judgement.pairs) == (2, 3)
    assert judgement.side(Direction.EGRESS)
    assert not judgement.side(Direction.INGRESS)


def test_replicas_with_the_same_trace_are_one_group_and_denied_groups_come_first() -> None:
    denied, allowed = WORLD.ask("shop/deploy/web", "shop/db-0:5432").groups
    assert (list(denied.sources), denied.verdict.allowed, denied.pairs) == (["shop/web-c"], False, 1)
    assert (list(allowed.sources), allowed.verdict.allowed, allowed.pairs) == (["shop/web-a", "shop/web-b"], True, 2)


def test_a_service_is_judged_at_each_pods_own_port() -> None:
    judgement = WORLD.ask("shop/web-a", "service:shop/db:5432")
    assert judgement.allowed
    assert {(group.verdict.port, *group.destinations) for group in judgement.groups} == {
        (5432, "shop/db-0"),
        (5433, "shop/db-1"),
    }


def test_one_port_number_is_not_every_replicas() -> None:
    judgement = WORLD.ask("shop/web-a", "shop/sts/db:5432")
    assert (judgement.allowed_pairs, judgement.pairs) == (1, 2)


def test_replicas_are_asked_about_one_another_and_not_about_themselves() -> None:
    judgement = WORLD.ask("shop/sts/db", "shop/sts/db:5432")
    assert (judgement.allowed_pairs, judgement.pairs) == (0, 2)


def test_a_single_pod_may_reach_itself() -> None:
    assert WORLD.ask("shop/db-0", "shop/db-0:5432").allowed


def test_a_planned_pod_stands_for_replicas_that_are_not_one_another() -> None:
    world = World(cluster([pod("shop/db", "app=db", ports="pg:5432", planned=True)], POLICIES))
    assert not world.ask("shop/deploy/db", "shop/deploy/db:5432").allowed


@pytest.mark.parametrize(("source", "allowed"), [("10.1.0.1", 1), ("10.1.0.2", 1), ("192.0.2.9", 2), ("192.0.3.9", 0)])
def test_a_node_reaches_its_own_pods_only(source: str, allowed: int) -> None:
    judgement = WORLD.ask(source, "shop/sts/db:5432")
    assert (judgement.allowed_pairs, judgement.pairs) == (allowed, 2)


def test_pods_that_no_rule_tells_apart_are_asked_about_once() -> None:
    pods = [
        replace(
            pod(f"shop/web-{n}", "app=web", ip=f"10.0.{n // 250}.{n % 250}"), workload=WorkloadRef("shop", "Job", "x")
        )
        for n in range(600)
    ]
    judgement = World(cluster(pods, POLICIES)).ask("shop/Job/x", "shop/Job/x:80")
    (group,) = judgement.groups
    assert group.pairs == 600 * 599
    assert len(group.sources) == 600
