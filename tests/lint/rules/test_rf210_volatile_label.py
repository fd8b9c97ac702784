"""RF210: a selector asks for a label that changes with every rollout. Needs no pods."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, policy


def selecting(labels: str) -> str:
    return policy("shop/p", f"podSelector: {{matchLabels: {{{labels}}}}}")


@pytest.mark.parametrize(
    "manifests",
    [
        selecting("pod-template-hash: 7d4b9c6f5"),
        selecting("app: web, controller-revision-hash: web-5d8"),
        selecting('app.kubernetes.io/version: "4"'),
        selecting("helm.sh/chart: web-1.2.3"),
        selecting("app: web, version: v1.4.2"),
        policy(
            "shop/p",
            "podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {pod-template-hash: 7d4b9c6f5}}}]}]",
        ),
    ],
)
def test_it_fires(manifests: str) -> None:
    assert codes(manifests, "RF210") == ["RF210"]


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (selecting("app: web"), "labels that stay"),
        (selecting("app: web, version: v2"), "a version that is a name, as in a canary"),
        (
            policy("shop/p", "podSelector: {matchExpressions: [{key: pod-template-hash, operator: Exists}]}"),
            "that the label is there doesn't change",
        ),
        (selecting("statefulset.kubernetes.io/pod-name: db-0"), "a StatefulSet's pod keeps its name"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF210") == [], why
