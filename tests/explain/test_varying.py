"""A connection that fails now and then: replicas, address families, addresses of a name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.explain.varying import STATEFUL
from ringfence.explain.why import why
from ringfence.model.errors import QueryError
from ringfence.model.objects import WorkloadRef
from ringfence.model.ports import Protocol
from tests.clusters import cluster, pod
from tests.explain.worlds import World

HTTPS = (Protocol.TCP, 443)
DEPLOYMENT = WorkloadRef("shop", "Deployment", "pay")
OLD = replace(pod("shop/pay-1", "app=pay version=1", ip="10.0.0.1"), workload=DEPLOYMENT)
NEW = replace(pod("shop/pay-2", "app=pay version=2", ip="10.0.0.2"), workload=DEPLOYMENT)


def egress(to: str, labels: str = "app: pay") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: pay, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{{labels}}}}}
  policyTypes: [Egress]
  egress: [{{to: {to}}}]
"""


def test_replicas_with_different_verdicts_are_told_apart_by_their_labels() -> None:
    world = World(cluster((OLD, NEW), egress("[{ipBlock: {cidr: 192.0.2.0/24}}]", "version: '2'")))
    answer = why(world.engine, world.endpoints, "shop/deploy/pay", "198.51.100.1", HTTPS)
    (told,) = answer.variations
    assert told.startswith("1 of 2 replicas of shop/deploy/pay are denied, such as shop/pay-2; 1 are not")
    assert told.endswith("They differ by label `version` (2 is denied, 1 is not).")
    assert STATEFUL in answer.notes


def test_replicas_that_fare_alike_vary_in_nothing() -> None:
    world = World(cluster((OLD, NEW), egress("[{ipBlock: {cidr: 192.0.2.0/24}}]")))
    answer = why(world.engine, world.endpoints, "shop/deploy/pay", "192.0.2.1", HTTPS)
    assert answer.allowed
    assert answer.variations == ()
    assert STATEFUL not in answer.notes


def test_a_range_that_holds_one_family_of_a_pod_is_said() -> None:
    dual = pod("shop/db", "app=db", ip="10.0.0.9 fd00::9")
    world = World(cluster((OLD, dual), egress("[{ipBlock: {cidr: 10.0.0.0/24}}]")))
    answer = why(world.engine, world.endpoints, "shop/pay-1", "shop/db", HTTPS)
    assert answer.variations == (
        "shop/db is allowed by its address 10.0.0.9 and not by fd00::9: it depends on the family used.",
    )


def test_addresses_of_a_name_are_judged_one_by_one() -> None:
    world = World(cluster((OLD,), egress("[{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.7/32]}}]")))
    addresses = ("192.0.2.1", "192.0.2.7", "198.51.100.1")
    answer = why(world.engine, world.endpoints, "shop/pay-1", "192.0.2.1", HTTPS, addresses=addresses)
    assert [(each.address, each.allowed) for each in answer.coverage] == [
        ("192.0.2.1", True),
        ("192.0.2.7", False),
        ("198.51.100.1", False),
    ]
    assert [rule.policy.ref.name for rule in answer.coverage[0].rules] == ["pay"]
    assert not answer.allowed
    assert STATEFUL in answer.notes


def test_addresses_want_a_port() -> None:
    world = World(cluster((OLD,)))
    with pytest.raises(QueryError, match="--addresses needs a port"):
        why(world.engine, world.endpoints, "shop/pay-1", "192.0.2.1", addresses=("192.0.2.2",))
