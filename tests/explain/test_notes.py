"""The assumptions that an answer states, and that it states them only where they matter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.model.addresses import parse_address
from ringfence.model.objects import Service, ServicePort
from ringfence.model.ports import Protocol
from tests.clusters import cluster, node, pod
from tests.explain.worlds import World

POLICIES = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {tier: api}}, namespaceSelector: {}}]
  - from: [{ipBlock: {cidr: 192.0.2.0/24}}]
"""

SERVICES = (
    Service("data", "db", (ServicePort("", Protocol.TCP, 80, 5432),), {"app": "db"}, (parse_address("10.96.0.1"),)),
    Service("data", "same", (ServicePort("", Protocol.TCP, 5432, 5432),), {"app": "db"}),
    Service("data", "all", (ServicePort("", Protocol.TCP, 5432, 5432),), {"app": "db"}, headless=True),
)
WORLD = World(
    replace(
        cluster(
            [
                pod("shop/api", "tier=api", ip="10.0.0.1"),
                pod("shop/pending", "app=web"),
                pod("shop/batch", "tier=api", planned=True),
                pod("data/db", "app=db", ip="10.0.0.2", node="n1"),
                pod("ops/agent", "app=agent", ip="192.168.0.1", host=True, node="n1"),
            ],
            POLICIES,
            nodes=[node("n1", ip="192.168.0.1")],
        ),
        services=SERVICES,
    )
)


@pytest.mark.parametrize(
    ("source", "destination", "note"),
    [
        ("shop/api", "service:data/db:80", "Service data/db translates port 80 to pod port 5432 before policy"),
        ("shop/api", "10.96.0.1:80", "10.96.0.1 is the cluster address of Service data/db"),
        ("shop/api", "service:data/all:5432", "is headless: clients connect to the pods themselves"),
        ("shop/api", "ops/agent:9100", "ops/agent is on the network of its node: no pod policy guards it"),
        ("ops/agent", "shop/api:80", "ops/agent is on the network of its node: no pod policy limits what it opens"),
        ("192.168.0.1", "data/db:5432", "A node may always connect to the pods that it runs"),
        ("data/db", "192.168.0.1:9100", "192.168.0.1 (node n1) is a node. Kubernetes exempts traffic"),
        ("shop/pending", "data/db:5432", "shop/pending is without an address in the input"),
        ("shop/deploy/batch", "data/db:5432", "No pod of shop/Deployment/batch is in the input"),
        ("shop/api", "data/db:5432", "data/db may not open connections to shop/api. Replies are not affected"),
    ],
)
def test_an_assumption_is_stated_where_it_matters(source: str, destination: str, note: str) -> None:
    assert any(note in text for text in WORLD.why(source, destination).notes)


@pytest.mark.parametrize(
    ("source", "destination", "note"),
    [
        ("shop/api", "service:data/same:5432", "translates"),  # nothing changes
        ("shop/pending", "shop/api:80", "without an address"),  # no rule asks for one
        ("shop/pending", "data/db:5432", "Replies"),  # denied: there are none
        ("shop/api", "shop/pending:80", "Replies"),  # free both ways
        ("shop/api", "192.168.0.1:80", "is a node"),  # allowed anyway
    ],
)
def test_an_assumption_is_left_out_where_it_does_not(source: str, destination: str, note: str) -> None:
    assert not any(note in text for text in WORLD.why(source, destination).notes)


def test_a_note_is_said_once_whatever_the_number_of_ports() -> None:
    world = World(cluster([pod("shop/web", planned=True, ports="80 443"), pod("shop/api")]))
    notes = world.why("shop/api", "shop/deploy/web").notes
    assert len(notes) == len(set(notes)) == 1
