"""What differs from a source that works: the debug pod of incident 3."""

from __future__ import annotations

from ringfence.explain.why import WhyAnswer, why
from ringfence.model.ports import Protocol
from tests.clusters import cluster, pod
from tests.explain.worlds import World

POLICIES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: backend, namespace: shop}
spec:
  podSelector: {matchLabels: {app: backend}}
  ingress: [{from: [{podSelector: {matchLabels: {role: client}}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: front, namespace: shop}
spec:
  podSelector: {matchLabels: {app: front}}
  policyTypes: [Egress]
  egress: [{}]
"""
PODS = (
    pod("shop/front", "app=front", ip="10.0.0.1"),
    pod("shop/debug", "run=debug role=client", ip="10.0.0.2"),
    pod("shop/backend", "app=backend", ip="10.0.0.3"),
    pod("lab/probe", "app=front", ip="10.0.0.4"),
    pod("shop/host", "app=front", ip="10.1.0.1", host=True),
)
WORLD = World(cluster(PODS, POLICIES, namespaces={"lab": "team=x"}))


def ask(other: str) -> WhyAnswer:
    return why(WORLD.engine, WORLD.endpoints, "shop/front", "shop/backend", (Protocol.TCP, 80), compare=other)


def test_labels_and_policies_that_differ_are_said_and_the_rule_that_lets_it_through() -> None:
    (compared,) = ask("shop/debug").comparisons
    assert compared.other.allowed
    assert compared.differences == (
        "Only shop/front has the pod label `app=front`.",
        "Only shop/debug has the pod label `role=client`.",
        "Only shop/debug has the pod label `run=debug`.",
        "Only the egress of shop/front is guarded by NetworkPolicy shop/front.",
        "No policy guards the egress of shop/debug.",
    )
    assert [(rule.policy.ref.name, rule.index) for rule in compared.works_by] == [("backend", 0)]


def test_another_namespace_is_said_with_its_labels() -> None:
    (compared,) = ask("lab/probe").comparisons
    assert not compared.other.allowed
    assert "shop/front is in namespace shop, lab/probe in lab." in compared.differences
    assert "Only the namespace of lab/probe has the namespace label `team=x`." in compared.differences
    assert compared.works_by == ()


def test_the_host_network_and_addresses_are_told_apart() -> None:
    host, outside = ask("shop/host").comparisons[0], ask("192.0.2.1").comparisons[0]
    assert "shop/host is on the network of its node" in host.differences[0]
    assert outside.differences == ("192.0.2.1 is an address, the other is in the cluster.",)
