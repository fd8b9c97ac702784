"""RF603: a selector matches unrelated workloads by one shared label."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy

WEB = pod("shop/web-0", "app: shop, component: web", ports="{containerPort: 8080}")
CACHE = pod("shop/cache-0", "app: shop, component: cache", ports="{containerPort: 6379}")


def opening(selector: str, ports: str) -> str:
    return policy("shop/p", f"podSelector: {{matchLabels: {{{selector}}}}}, ingress: [{{ports: [{ports}]}}]")


def test_it_fires_and_names_who_is_isolated_with_it() -> None:
    (finding,) = lint(WEB + CACHE + opening("app: shop", "{port: 8080}"), "RF603")
    assert "selects shop/cache-0 too" in finding.what
    assert "those of shop/web-0" in finding.what


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + CACHE + opening("app: shop, component: web", "{port: 8080}"), "two labels tell them apart"),
        (WEB + CACHE + opening("app: shop", "{port: 8080}, {port: 6379}"), "both are meant"),
        (WEB + CACHE + policy("shop/p", "podSelector: {matchLabels: {app: shop}}"), "a default deny opens nothing"),
        (
            WEB + CACHE + policy("shop/p", "podSelector: {matchLabels: {app: shop}}, ingress: [{}]"),
            "every port is open, to both",
        ),
        (
            WEB
            + pod("shop/web-1", "app: shop, component: web", ports="{containerPort: 9090}")
            + opening("app: shop", "{port: 8080}"),
            "no label of identity tells them apart",
        ),
        (
            WEB + pod("shop/job-0", "app: shop, component: job") + opening("app: shop", "{port: 8080}"),
            "a workload without ports has nothing to open",
        ),
        (WEB + CACHE + policy("shop/p", "podSelector: {}, ingress: [{ports: [{port: 8080}]}]"), "no label is shared"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF603") == [], why
