"""RF408: pods of the host network are outside a policy that seems to guard them, or to shut them out."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy
from tests.lint.rules.exposure import DENY, WEB


def test_a_policy_for_pods_of_the_host_network_is_told_once() -> None:
    host = pod("shop/agent", "app: agent", more=", hostNetwork: true")
    one = policy("shop/agent", "podSelector: {matchLabels: {app: agent}}")
    (finding,) = lint(WEB + host + one + DENY, "RF408")
    assert finding.evidence == ("shop/agent",)


def test_host_network_pods_that_no_policy_asks_for_are_left_alone() -> None:
    host = pod("shop/agent", "app: agent", more=", hostNetwork: true")
    other = pod("ops/agent", "app: web", more=", hostNetwork: true")
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}")
    assert codes(WEB + host + other + web, "RF408") == []


def subject(namespaces: str) -> str:
    return (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: guard}\n"
        f"spec: {{tier: Admin, priority: 1, subject: {{namespaces: {namespaces}}}, "
        "egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}\n---\n"
    )


def test_a_cluster_wide_policy_can_not_guard_them_either() -> None:
    host = namespace("shop", tenancy="tenant") + pod("shop/agent", "app: agent", more=", hostNetwork: true")
    (finding,) = lint(WEB + host + subject("{matchLabels: {tenancy: tenant}}"), "RF408")
    assert finding.what.startswith("ClusterNetworkPolicy/guard seems to select 1 pod of the host network in shop")
    assert codes(WEB + host + subject("{matchLabels: {tenancy: other}}"), "RF408") == []
    # A policy for every pod names nobody in particular.
    assert codes(WEB + host + subject("{}"), "RF408") == []


HOST = pod("ops/reports", "app: reports", address="192.168.0.1", more=", hostNetwork: true, nodeName: n1")
VAULT = pod("shop/vault", "app: vault", address="10.0.0.2", more=", nodeName: n1")
VAULT_ELSEWHERE = VAULT.replace("n1", "n2")
GUARD = policy("shop/guard", "podSelector: {matchLabels: {app: vault}}, ingress: [{from: [{podSelector: {}}]}]")


def test_a_node_reaches_its_own_pods_past_their_guard() -> None:
    # Incident 8: the guard shuts out everyone but its namespace, and the pod is on the vault's node.
    (finding,) = lint(HOST + VAULT + GUARD, "RF408")
    assert finding.what == (
        "ops/reports is on the host network of node n1 and reaches shop/vault there, past shop/NetworkPolicy/guard."
    )


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (HOST + VAULT_ELSEWHERE + GUARD, "another node"),
        (HOST + VAULT, "nothing guards the vault"),
        (HOST.replace(", hostNetwork: true", "") + VAULT + GUARD, "a pod that policy judges"),
        (HOST.replace("ops", "kube-system") + VAULT + GUARD, "an agent of the system"),
        (
            HOST.replace("metadata: {", "metadata: {ownerReferences: [{kind: DaemonSet, name: d, controller: true}], ")
            + VAULT
            + GUARD,
            "an agent of the node, which is on all of them",
        ),
        (HOST + VAULT + GUARD.replace("{podSelector: {}}", "{ipBlock: {cidr: 192.168.0.0/24}}"), "it is let in"),
    ],
)
def test_who_gets_past_nothing_is_left_alone(manifests: str, why: str) -> None:
    assert codes(manifests, "RF408") == [], why
