"""RF210: a selector asks for a label that changes with every rollout. Most of it needs no pods."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy


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


def replica(name: str, labels: str, kind: str = "Deployment", owner: str = "web") -> str:
    """A pod of a workload."""
    owned = f"ownerReferences: [{{apiVersion: apps/v1, kind: {kind}, name: {owner}, uid: u, controller: true}}], "
    return pod(f"shop/{name}", labels).replace("metadata: {", f"metadata: {{{owned}", 1)


OLD = replica("web-1", "app: web, version: v41")
NEW = replica("web-2", "app: web, version: v42")


def test_a_rollout_under_way_shows_which_label_changes() -> None:
    # Incident 2: three replicas of v41, one of v42, and the policy asks for v41.
    (finding,) = lint(OLD + NEW + selecting("app: web, version: v41"), "RF210")
    assert "`version=v41`" in finding.what
    assert finding.evidence == ("shop/Deployment/web: version=v41, version=v42",)


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (OLD + NEW + selecting("app: web"), "the label that stays is asked for"),
        (OLD + selecting("app: web, version: v41"), "all pods have the value"),
        (
            OLD + replica("web-2", "app: web, version: v42", owner="canary") + selecting("app: web, version: v41"),
            "a canary is a Deployment of its own",
        ),
        (
            replica("db-0", "app: db, role: primary", "StatefulSet", "db")
            + replica("db-1", "app: db, role: replica", "StatefulSet", "db")
            + selecting("app: db, role: primary"),
            "an operator labels the pods of a StatefulSet by role",
        ),
        (OLD + NEW + policy("ops/p", "podSelector: {matchLabels: {version: v41}}"), "another namespace"),
        (
            OLD
            + NEW
            + policy("shop/p", "podSelector: {matchExpressions: [{key: version, operator: In, values: [v41, v42]}]}"),
            "old and new pods are asked for",
        ),
    ],
)
def test_it_does_not_fire_on_these_pods(manifests: str, why: str) -> None:
    assert codes(manifests, "RF210") == [], why
