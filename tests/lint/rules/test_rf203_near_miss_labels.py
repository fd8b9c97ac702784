"""RF203: a selector misses pods by one label."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy

CHECKOUT = pod("shop/checkout-0", "app: checkout") + pod("shop/checkout-1", "app: checkout")


def selecting(labels: str) -> str:
    return policy("shop/p", f"podSelector: {{matchLabels: {{{labels}}}}}")


def admitting(peer: str) -> str:
    return policy("shop/p", f"podSelector: {{}}, ingress: [{{from: [{{{peer}}}]}}]")


@pytest.mark.parametrize(
    ("manifests", "found"),
    [
        (CHECKOUT + selecting("app: Checkout"), "`app=checkout`"),  # other case
        (CHECKOUT + selecting("app: check-out"), "`app=checkout`"),  # other separators
        (CHECKOUT + selecting("app: chekout"), "`app=checkout`"),  # a letter less
        (CHECKOUT + selecting("app: checkotu"), "`app=checkout`"),  # two swapped
        (CHECKOUT + selecting("App: checkout"), "`app=checkout`"),  # the key in other case
        (CHECKOUT + selecting("app: checkout, tier: api"), "no label `tier`"),  # one label is missing
        (CHECKOUT + admitting("podSelector: {matchLabels: {app: Checkout}}"), "`app=checkout`"),  # a peer
        (
            CHECKOUT
            + namespace("shop", team="payments")
            + admitting("namespaceSelector: {matchLabels: {team: payment}}"),
            "`team=payments`",  # a namespace
        ),
        (
            CHECKOUT
            + namespace("shop", team="pay")
            + admitting("namespaceSelector: {matchLabels: {team: pay, stage: live}}"),
            "no label `stage`",
        ),
    ],
)
def test_it_fires_and_says_what_is_there(manifests: str, found: str) -> None:
    (finding,) = lint(manifests, "RF203")
    assert found in finding.what


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (CHECKOUT + selecting("app: checkout"), "it matches"),
        (CHECKOUT + selecting("app: billing"), "another word is no slip"),
        (CHECKOUT + selecting("app: checkout, tier: api") + pod("shop/c", "app: checkout, tier: api"), "it matches"),
        (pod("shop/web-1", "app: web-1") + selecting("app: web-2"), "another number is another thing"),
        (pod("shop/a", "pod: client-a") + selecting("pod: client-b"), "one letter between two names made of letters"),
        (pod("shop/a", "tier: front, app: x") + selecting("tier: api, app: x"), "another value of one label"),
        (CHECKOUT + admitting("namespaceSelector: {matchLabels: {name: shop}}"), "RF204 says it better"),
        (
            CHECKOUT + policy("shop/p", "podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}"),
            "what asks for a label's absence misses nothing",
        ),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF203") == [], why


def test_it_names_the_pods_that_were_meant() -> None:
    (finding,) = lint(CHECKOUT + selecting("app: Checkout"), "RF203")
    assert finding.evidence == ("shop/checkout-0", "shop/checkout-1")
    assert finding.hint == "Write `app=checkout`, if that is meant."


def test_a_value_that_is_spelled_otherwise_comes_before_a_label_that_is_missing() -> None:
    manifests = CHECKOUT + pod("shop/other", "tier: api") + selecting("app: Checkout, tier: api")
    (finding,) = lint(pod("shop/x", "app: checkout, tier: api") + manifests, "RF203")
    assert "`app=checkout`" in finding.what


DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {app: front}}, spec: {containers: [{name: c, image: i}]}}}\n---\n"
)
DEBUG = pod("shop/front-debug", "app: front, tier: web")


def test_a_pod_started_by_hand_is_no_match() -> None:
    (finding,) = lint(DEPLOYMENT + DEBUG + selecting("app: front, tier: web"), "RF203")
    assert "only shop/front-debug" in finding.what
    assert finding.evidence == ("shop/Deployment/front",)


def test_a_pod_started_by_hand_in_another_namespace_is_no_match() -> None:
    manifests = (
        DEPLOYMENT
        + namespace("shop", team="front")
        + namespace("tools", team="front", stage="live")
        + pod("tools/debug", "run: debug")
        + admitting("namespaceSelector: {matchLabels: {team: front, stage: live}}")
    )
    (finding,) = lint(manifests, "RF203")
    assert "namespace shop has no label `stage`" in finding.what


def test_a_pod_without_a_controller_is_a_match_where_no_workload_is_near() -> None:
    other = DEPLOYMENT.replace("app: front", "app: cart")
    assert codes(other + DEBUG + selecting("app: front, tier: web"), "RF203") == []
