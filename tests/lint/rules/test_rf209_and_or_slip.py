"""RF209: two peer entries where one was probably meant. Both readings are compared."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace, pod, policy

MONITORING = (
    namespace("monitoring", purpose="monitoring")
    + pod("monitoring/prometheus-0", "app: prometheus")
    + pod("monitoring/grafana-0", "app: grafana")
)
SHOP = namespace("shop") + pod("shop/db-0", "app: db") + pod("shop/web-0", "app: web")


def admitting(*entries: str) -> str:
    return policy("shop/db", f"podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{', '.join(entries)}]}}]")


NS = "{namespaceSelector: {matchLabels: {purpose: monitoring}}}"
PROMETHEUS = "{podSelector: {matchLabels: {app: prometheus}}}"
WEB = "{podSelector: {matchLabels: {app: web}}}"
ALL = "{namespaceSelector: {}}"


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (MONITORING + SHOP + admitting(NS, PROMETHEUS), "no prometheus in shop: the second entry adds nothing"),
        (MONITORING + SHOP + admitting(PROMETHEUS, NS), "in the other order"),
        (MONITORING + SHOP + admitting(ALL, WEB), "all namespaces hold the web pods of shop already"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    assert codes(manifests, "RF209") == ["RF209"], why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (
            MONITORING + SHOP + admitting(NS.removesuffix("}") + ", podSelector: {matchLabels: {app: prometheus}}}"),
            "one entry with both",
        ),
        (MONITORING + SHOP + admitting(NS, WEB), "web is in shop, not in monitoring: two things are meant"),
        (
            MONITORING + SHOP + pod("shop/prometheus-0", "app: prometheus") + admitting(NS, PROMETHEUS),
            "the second entry has pods of its own",
        ),
        (
            namespace("monitoring", purpose="monitoring")
            + pod("monitoring/prometheus-0", "app: prometheus")
            + SHOP
            + admitting(NS, PROMETHEUS),
            "both readings admit the same pods",
        ),
        (MONITORING + SHOP + admitting(NS, "{podSelector: {}}"), "the own namespace as a whole"),
        (MONITORING + SHOP + admitting(NS, "{ipBlock: {cidr: 10.0.0.0/8}}", PROMETHEUS), "they don't stand together"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF209") == [], why


def test_it_shows_both_readings_and_the_difference() -> None:
    (finding,) = lint(MONITORING + SHOP + admitting(NS, PROMETHEUS), "RF209")
    assert finding.evidence == (
        "as two entries: 2 pods (monitoring/prometheus-0 and monitoring/grafana-0)",
        "as one entry: 1 pod (monitoring/prometheus-0)",
        "open now without it: monitoring/grafana-0",
    )
