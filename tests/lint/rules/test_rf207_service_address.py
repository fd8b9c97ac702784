"""RF207: an ipBlock lies on Service addresses and selects no pods."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy, service

WEB = pod("shop/web-0", "app: web", address="10.244.0.1")
DB = pod("shop/db-0", "app: db", ports="{containerPort: 5432}", address="10.244.0.2")
SERVICE = service("shop/db", "app: db", "{port: 5432}", address="10.96.0.20")
API = """\
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [172.18.0.2]}]
ports: [{name: https, port: 6443}]
---
"""


def egress(*entries: str) -> str:
    return policy(
        "shop/web",
        f"podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Egress], egress: [{{to: [{', '.join(entries)}]}}]",
    )


def block(cidr: str) -> str:
    return f"{{ipBlock: {{cidr: {cidr}}}}}"


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + DB + SERVICE + egress(block("10.96.0.20/32")), "the address of a Service"),
        (WEB + DB + SERVICE + egress(block("10.96.0.0/12")), "the Service network"),
        (
            WEB
            + pod("shop/web-1", "app: web, tier: x")
            + DB
            + SERVICE
            + egress(block("10.96.0.20/32"))
            + policy("shop/some", "podSelector: {matchLabels: {tier: x}}, policyTypes: [Egress], egress: [{}]"),
            "one of two pods of the policy is cut, the other is let out by another policy",
        ),
        (WEB + API + egress(block("10.96.0.1/32")), "a Service without selector: its endpoints are addresses"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    (finding,) = lint(manifests, "RF207")
    assert finding.evidence, why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + DB + SERVICE + egress(block("10.0.0.0/8")), "a wide range means more than Services"),
        (WEB + DB + SERVICE + egress(block("10.97.0.0/16")), "no Service is there"),
        (
            WEB + DB + SERVICE + egress(block("10.96.0.20/32"), "{podSelector: {matchLabels: {app: db}}}"),
            "the pods behind it are allowed, so nothing is cut",
        ),
        (WEB + API + egress(block("172.18.0.2/32")), "the address of an endpoint"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF207") == [], why


def test_it_says_what_is_behind_the_address() -> None:
    (finding,) = lint(WEB + API + egress(block("10.96.0.1/32")), "RF207")
    assert finding.evidence == ("Service default/kubernetes at 10.96.0.1: 172.18.0.2",)
