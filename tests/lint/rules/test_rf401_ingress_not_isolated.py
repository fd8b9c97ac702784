"""RF401: a namespace, or a pod, accepts every connection."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.exposure import DENY, WEB, egress, ingress

API = pod("shop/api", "app: api")


def test_a_namespace_without_policies_is_open_both_ways() -> None:
    assert codes(WEB + API, "RF4") == ["RF401", "RF402"]


def test_a_policy_that_selects_nothing_isolates_nothing() -> None:
    # Checkers that count policies call this namespace guarded.
    nobody = policy("shop/p", "podSelector: {matchLabels: {app: nobody}}, policyTypes: [Ingress, Egress]")
    assert codes(WEB + nobody, "RF4") == ["RF401", "RF402"]


def test_the_pod_that_was_forgotten_is_named() -> None:
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]")
    one, two = lint(WEB + API + web, "RF4")
    assert one.what == "Namespace/shop: shop/api is not isolated for ingress, and other pods there are."
    assert two.evidence == ("shop/api",)


def test_a_baseline_deny_isolates_as_well() -> None:
    baseline = (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: base}\n"
        "spec: {tier: Baseline, priority: 1, subject: {namespaces: {}}, "
        "ingress: [{action: Deny, from: [{namespaces: {}}]}], egress: [{action: Deny, to: [{namespaces: {}}]}]}\n---\n"
    )
    assert codes(WEB + baseline, "RF401", "RF402") == []


@pytest.mark.parametrize(
    "manifests",
    [
        WEB + DENY,
        pod("kube-system/x", "app: x"),
        pod("ingress-nginx/c", "app.kubernetes.io/name: ingress-nginx"),
        WEB + ingress("{}") + egress("{}"),  # RF403 is about these
    ],
)
def test_isolated_pods_and_those_for_everyone_are_left_alone(manifests: str) -> None:
    assert codes(manifests, "RF401", "RF402") == []
