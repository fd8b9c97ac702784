"""The answer of ``why`` as text: what each way of being decided reads like."""

from __future__ import annotations

import click
import pytest

from ringfence.render.why_text import render
from tests.clusters import cluster, node, pod
from tests.explain.worlds import World

PODS = [
    pod("shop/web", "app=web", ip="10.0.0.1"),
    pod("shop/api", "app=api", ip="10.0.0.2", ports="http:8080"),
    pod("ops/agent", "app=agent", ip="192.168.0.1", host=True, node="n1"),
]
NODES = [node("n1", ip="192.168.0.1")]


def text(policies: str, source: str, destination: str) -> str:
    return click.unstyle(render(World(cluster(PODS, policies, nodes=NODES)).why(source, destination)))


def admin(tier: str, action: str, peer: str = "{namespaces: {}}") -> str:
    return f"""
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: guard}}
spec:
  tier: {tier}
  priority: 1
  subject: {{namespaces: {{}}}}
  ingress:
  - {{name: the-rule, action: {action}, from: [{peer}]}}
"""


DENY_ALL = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def test_without_policies_everything_is_allowed_by_default() -> None:
    found = text("", "shop/web", "shop/api:80")
    assert "Egress from shop/web: allowed\n  No policy decides about its egress: everything is allowed" in found
    assert "Ingress to shop/api: allowed\n  No policy decides about its ingress" in found


def test_both_directions_may_be_denied() -> None:
    found = text(DENY_ALL, "shop/web", "shop/api:80")
    assert found.startswith(
        "shop/web can NOT reach shop/api on TCP 80: egress at shop/web and ingress at shop/api are denied.\n"
    )
    assert "this policy guards it, and it has no egress rule: nothing is allowed" in found
    assert "this policy guards it, and it has no ingress rule: nothing is allowed" in found
    assert "Closest" not in found


def test_a_denial_of_the_admin_tier_says_that_no_network_policy_helps() -> None:
    found = text(admin("Admin", "Deny"), "shop/web", "shop/api:80")
    assert 'Admin tier  ClusterNetworkPolicy guard, ingress rule 1 "the-rule" denies it  policies.yaml:' in found
    assert "The Admin tier comes before NetworkPolicy: no NetworkPolicy can allow this." in found


def test_a_denial_of_the_baseline_tier_says_that_a_network_policy_replaces_it() -> None:
    found = text(admin("Baseline", "Deny"), "shop/web", "shop/api:80")
    assert "The Baseline tier is only asked where no NetworkPolicy selects the pod" in found


def test_a_pass_goes_on_to_the_next_stage() -> None:
    found = text(f"{admin('Admin', 'Pass')}---{DENY_ALL}", "shop/web", "shop/api:80")
    assert 'ingress rule 1 "the-rule" passes it on to the next stage' in found
    assert "no ingress rule: nothing is allowed" in found


def test_a_stage_without_a_match_goes_on() -> None:
    found = text(admin("Admin", "Deny", "{namespaces: {matchLabels: {a: b}}}"), "shop/web", "shop/api:80")
    assert "1 policy here, its one rule doesn't match; the next stage decides" in found


@pytest.mark.parametrize(
    ("source", "destination", "line"),
    [
        ("192.0.2.1", "shop/api:80", "Egress from 192.0.2.1: allowed\n  It is outside the cluster"),
        ("192.168.0.1", "shop/api:80", "Egress from 192.168.0.1 (node n1): allowed\n  It is a node"),
        ("shop/web", "ops/agent:80", "Ingress to ops/agent: allowed\n  It is on the network of its node"),
        ("shop/web", "shop/web:80", "shop/web can reach shop/web on TCP 80: a pod may always reach itself.\n"),
    ],
)
def test_an_end_that_no_policy_guards_says_why(source: str, destination: str, line: str) -> None:
    assert line in text("", source, destination)


def test_a_rule_that_depends_on_names_is_allowed_only_if() -> None:
    policies = """
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: names}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {action: Accept, to: [{domainNames: ["example.com."]}]}
  - {action: Deny, to: [{networks: ["0.0.0.0/0"]}]}
"""
    found = text(policies, "shop/web", "192.0.2.1:443")
    assert found.startswith("shop/web may reach 192.0.2.1 on TCP 443: only if the address belongs to")
    assert "Egress from shop/web: depends" in found


def test_several_ports_are_told_first_in_one_sentence_each() -> None:
    pods = [pod("shop/web"), pod("shop/api", ports="8080 9090/UDP")]
    found = click.unstyle(render(World(cluster(pods)).why("shop/web", "shop/api")))
    assert found.splitlines()[:2] == [
        "shop/web can reach shop/api on TCP 8080: egress and ingress are both allowed.",
        "shop/web can reach shop/api on UDP 9090: egress and ingress are both allowed.",
    ]


def test_no_open_port_is_said_and_what_to_ask_instead() -> None:
    found = text(DENY_ALL, "shop/web", "192.0.2.1")
    assert found.startswith("shop/web can NOT reach 192.0.2.1 on any port.\n")
    assert "such as 192.0.2.1:443." in found
    assert "such as [2001:db8::1]:443." in text(DENY_ALL, "shop/web", "2001:db8::1")
