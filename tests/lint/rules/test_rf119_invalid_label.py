"""RF119: a label of a pod or namespace is not valid (Kubernetes, "Labels and Selectors", syntax and character set)."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod


@pytest.mark.parametrize(
    "labels",
    [
        "app: web server",
        "app: -web",
        "app: web_",
        f"app: {'a' * 64}",
        "my app: web",
        "Example.com/app: web",
        "example.com/: web",
        f"{'a' * 64}: web",
    ],
)
def test_it_fires(labels: str) -> None:
    assert codes(pod("shop/web-0", labels), "RF119") == ["RF119"]


@pytest.mark.parametrize(
    "labels",
    ["app: web", 'app: ""', f"app: {'a' * 63}", "example.com/app: Web_1.2-x", "A.b_c-1: web", 'app: "8"'],
)
def test_it_does_not_fire(labels: str) -> None:
    assert codes(pod("shop/web-0", labels), "RF119") == []


def test_a_namespace_is_looked_at_too() -> None:
    (finding,) = lint(namespace("shop", team="a b"), "RF119")
    assert str(finding.subject) == "Namespace/shop"


def test_the_pods_of_one_workload_are_one_finding() -> None:
    deployment = (
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web-{0}, namespace: shop, labels: {{app: a b}}, "
        "ownerReferences: [{{kind: StatefulSet, name: web, uid: u, apiVersion: apps/v1, controller: true}}]}}\n"
        "spec: {{containers: []}}\n---\n"
    )
    assert codes(deployment.format(0) + deployment.format(1), "RF119") == ["RF119"]
