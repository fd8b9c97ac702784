"""The rules that came closest, and what they failed on: the order a person would look in."""

from __future__ import annotations

import pytest

from ringfence.explain.nearest import NearRule, closest
from tests.clusters import cluster, pod
from tests.explain.worlds import World

HEAD = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: data}
spec:
  podSelector: {}
  policyTypes: [Ingress]
"""

RULES = {
    "label": "{from: [{podSelector: {matchLabels: {tier: api}}, namespaceSelector: {}}], ports: [{port: 5432}]}",
    "two labels": "{from: [{podSelector: {matchLabels: {a: b, x: y}}, namespaceSelector: {}}], ports: [{port: 5432}]}",
    "namespace label": "{from: [{namespaceSelector: {matchLabels: {team: shop}}}], ports: [{port: 5432}]}",
    "own namespace": "{from: [{podSelector: {}}], ports: [{port: 5432}]}",
    "port": "{from: [{namespaceSelector: {}}], ports: [{port: 80}]}",
    "protocol": "{from: [{namespaceSelector: {}}], ports: [{port: 5432, protocol: UDP}]}",
    "named port": "{from: [{namespaceSelector: {}}], ports: [{port: metrics}]}",
    "outside": "{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 5432}]}",
    "exception": "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/24]}}], ports: [{port: 5432}]}",
    "label and port": "{from: [{podSelector: {matchLabels: {tier: api}}, namespaceSelector: {}}], ports: [{port: 80}]}",
}


def near(*names: str) -> tuple[NearRule, ...]:
    rules = "".join(f"  - {RULES[name]}\n" for name in names)
    pods = [pod("shop/web", "app=web", ip="10.0.0.7"), pod("data/db", "app=db", ports="pg:5432")]
    world = World(cluster(pods, f"{HEAD}  ingress:\n{rules}"))
    return closest(world.ask("shop/web", "data/db:5432").groups[0].verdict.ingress)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("label", "label `tier=api` is missing"),
        ("namespace label", "namespace shop: label `team=shop` is missing"),
        ("own namespace", "shop/web is in namespace shop"),
        ("outside", "10.0.0.7 is outside 192.0.2.0/24"),
        ("exception", "10.0.0.7 is inside an exception of 10.0.0.0/8"),
    ],
)
def test_a_peer_that_fails_is_told_with_what_it_lacks(name: str, text: str) -> None:
    (rule,) = near(name)
    assert text in rule.peer_misses[0].text
    assert not rule.port_miss


@pytest.mark.parametrize(
    ("name", "text"),
    [("port", "TCP 80"), ("protocol", "UDP"), ("named port", "has no port named")],
)
def test_a_port_that_fails_is_told(name: str, text: str) -> None:
    (rule,) = near(name)
    assert not rule.peer_misses
    assert text in rule.port_miss


@pytest.mark.parametrize(
    ("nearer", "further"),
    [
        ("label", "two labels"),
        ("label", "port"),
        ("label", "label and port"),
        ("port", "label and port"),
        ("namespace label", "outside"),
        ("exception", "outside"),
        ("label", "own namespace"),
    ],
)
def test_the_rule_with_less_to_change_comes_first(nearer: str, further: str) -> None:
    assert [rule.trace.index for rule in near(nearer, further)] == [0, 1]
    assert [rule.trace.index for rule in near(further, nearer)] == [1, 0]


def test_rules_equally_near_stay_in_the_order_written() -> None:
    assert [rule.trace.index for rule in near("label", "label")] == [0, 1]


def test_a_direction_that_is_allowed_has_no_near_rules() -> None:
    world = World(cluster([pod("shop/web"), pod("data/db")]))
    assert closest(world.ask("shop/web", "data/db:80").groups[0].verdict.ingress) == ()


def test_a_rule_that_denies_is_never_near() -> None:
    policy = """
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: guard}
spec:
  priority: 1
  subject: {namespaces: {}}
  ingress:
  - {action: Allow, from: [{namespaces: {matchLabels: {team: shop}}}]}
  - {action: Deny, from: [{namespaces: {matchLabels: {team: other}}}]}
  - {action: Deny, from: [{namespaces: {}}]}
"""
    world = World(cluster([pod("shop/web"), pod("data/db")], policy))
    (rule,) = closest(world.ask("shop/web", "data/db:80").groups[0].verdict.ingress)
    assert rule.trace.index == 0
