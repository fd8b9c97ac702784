"""RF202: a peer of a rule matches no pod."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, namespace, pod, policy

DB = pod("shop/db-0", "app: db")
WEB = pod("shop/web-0", "app: web")


def ingress(*entries: str) -> str:
    return policy("shop/db", f"podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{', '.join(entries)}]}}]")


def egress(*entries: str) -> str:
    return policy("shop/db", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{', '.join(entries)}]}}]")


BILLING = "{podSelector: {matchLabels: {app: billing}}}"
FAR = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: far}}}"
EVERYWHERE = "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"
STAGE = "{namespaceSelector: {matchLabels: {stage: live}}}"
SYSTEM = namespace("kube-system") + pod("kube-system/proxy-0", "app: proxy")


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (DB + ingress(BILLING), "no pod of the own namespace has the label"),
        (DB + WEB + ingress("{podSelector: {matchLabels: {app: web}}}", BILLING), "one of two entries is empty"),
        (DB + egress(BILLING), "egress peers are looked at as well"),
        (DB + SYSTEM + ingress(FAR), "a whole cluster that has no such namespace"),
        (DB + SYSTEM + egress(EVERYWHERE), "a whole cluster in which no pod has the label"),
        (DB + namespace("shop", stage="test") + ingress(STAGE), "other namespaces have the label with other values"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    assert codes(manifests, "RF202") == ["RF202"], why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (DB + ingress("{podSelector: {}}"), "the empty selector matches the pods of the namespace"),
        (DB + ingress(FAR), "an application's manifests say nothing of other namespaces"),
        (DB + egress(EVERYWHERE), "nor of pods of the system"),
        (DB + ingress(STAGE), "no namespace is given, so their labels are not known"),
        (DB + ingress("{ipBlock: {cidr: 10.0.0.0/8}}"), "a range is no selector"),
        (DB + pod("shop/b", "app: biling") + ingress(BILLING), "RF203 says it better"),
        (
            DB + namespace("far") + pod("far/a", "app: billing") + pod("far/b", "app: b") + ingress(FAR, BILLING),
            "RF209 says it better: two entries where one was meant",
        ),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    found = codes(manifests, "RF202")
    assert found == [], why
