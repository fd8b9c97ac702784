"""RF201: a policy selects no pod."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy

WEB = pod("shop/web-0", "app: web")
HOST = pod("shop/exporter-0", "app: exporter", more=", hostNetwork: true")


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + policy("shop/p", "podSelector: {matchLabels: {app: billing}}"), "no pod has the label"),
        (
            WEB
            + policy("shop/p", "podSelector: {matchExpressions: [{key: app, operator: In, values: [billing, mail]}]}"),
            "no pod has one of the values",
        ),
        (
            WEB + policy("shop/p", "podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}"),
            "all have it",
        ),
        (WEB + HOST + policy("shop/p", "podSelector: {matchLabels: {app: exporter}}"), "host network is not selected"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    assert codes(manifests, "RF201") == ["RF201"], why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + policy("shop/p", "podSelector: {}"), "the empty selector selects every pod"),
        (WEB + policy("shop/p", "podSelector: {matchLabels: {app: web}}"), "a pod is selected"),
        (WEB + policy("data/p", "podSelector: {matchLabels: {app: db}}"), "the input has no pod of that namespace"),
        (policy("shop/p", "podSelector: {matchLabels: {app: db}}"), "the input has no pod at all"),
        (
            WEB + policy("shop/p", "podSelector: {matchLabels: {app: wwweb}}") + pod("shop/b", "app: wweb"),
            "RF203 says it",
        ),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF201") == [], why


def test_it_names_the_host_network_pods_that_would_match() -> None:
    (finding,) = lint(WEB + HOST + policy("shop/p", "podSelector: {matchLabels: {app: exporter}}"), "RF201")
    assert "shop/exporter-0" in finding.why
    assert "host network" in finding.why


def test_pods_of_a_workload_that_is_not_started_count() -> None:
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\n"
        "spec: {template: {metadata: {labels: {app: api}}, spec: {containers: [{name: c, image: i}]}}}\n---\n"
    )
    assert codes(WEB + deployment + policy("shop/p", "podSelector: {matchLabels: {app: api}}"), "RF201") == []


def test_a_policy_that_names_no_namespace_is_in_default() -> None:
    unnamed = policy("default/p", "podSelector: {matchLabels: {app: web}}").replace("namespace: default, ", "")
    (finding,) = lint(WEB + unnamed, "RF201")
    assert finding.hint.startswith("Write metadata.namespace: shop")


def test_a_whole_cluster_shows_a_policy_of_the_wrong_namespace() -> None:
    whole = namespace("kube-system") + pod("kube-system/proxy-0", "app: proxy") + WEB
    assert codes(whole + policy("data/p", "podSelector: {matchLabels: {app: web}}"), "RF201") == ["RF201"]
    assert codes(whole + policy("data/p", "podSelector: {}"), "RF201") == []  # ready for pods to come
