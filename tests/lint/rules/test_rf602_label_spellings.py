"""RF602: label keys of workloads differ only by spelling."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod

WEB, CART = pod("shop/web-0", "app: web"), pod("shop/cart-0", "App: cart")


@pytest.mark.parametrize(
    "manifests",
    [
        WEB + CART,
        pod("shop/a", "app.kubernetes.io/name: a") + pod("shop/b", "app-kubernetes-io/name: b"),
        pod("shop/a", "cost-center: a") + pod("shop/b", "costCenter: b"),
    ],
)
def test_it_fires(manifests: str) -> None:
    assert codes(manifests, "RF602") == ["RF602"]


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + pod("shop/b", "app: b"), "one spelling"),
        (WEB + pod("data/b", "App: b"), "another namespace may have its own ways"),
        (WEB + pod("shop/b", "app: b, App: b"), "a pod with both is found by either"),
        (WEB + pod("shop/b", "app.kubernetes.io/name: b"), "another key, and not another spelling"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF602") == [], why


def test_the_rarer_spelling_is_to_be_changed() -> None:
    (finding,) = lint(WEB + pod("shop/api-0", "app: api") + CART, "RF602")
    assert finding.hint == "Use `app` everywhere."
    assert finding.subject is not None
    assert finding.subject.name == "cart-0"
