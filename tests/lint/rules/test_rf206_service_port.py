"""RF206: a rule names a Service's port; its pods listen on another."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy, service

SEARCH = pod("shop/search-0", "app: search", ports="{name: web, containerPort: 9000}")
FRONT = pod("shop/front-0", "app: front", ports="{containerPort: 3000}")
SERVICE = service("shop/search", "app: search", "{port: 80, targetPort: 9000}")
NAMED = service("shop/search", "app: search", "{port: 80, targetPort: web}")
BOTH = FRONT + SEARCH
TO_SEARCH = "{podSelector: {matchLabels: {app: search}}}"


def ingress(*rules: str) -> str:
    return policy("shop/in", f"podSelector: {{matchLabels: {{app: search}}}}, ingress: [{', '.join(rules)}]")


def egress(*rules: str) -> str:
    return policy(
        "shop/out", f"podSelector: {{matchLabels: {{app: front}}}}, policyTypes: [Egress], egress: [{', '.join(rules)}]"
    )


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (BOTH + SERVICE + ingress("{from: [{podSelector: {}}], ports: [{port: 80}]}"), "ingress on the Service's port"),
        (BOTH + NAMED + ingress("{from: [{podSelector: {}}], ports: [{port: 80}]}"), "the target is a name"),
        (BOTH + SERVICE + ingress("{ports: [{port: 80}]}"), "from everywhere"),
        (BOTH + SERVICE + egress(f"{{to: [{TO_SEARCH}], ports: [{{port: 80}}]}}"), "egress likewise"),
    ],
)
def test_it_fires(manifests: str, why: str) -> None:
    (finding,) = lint(manifests, "RF206")
    assert finding.hint == "Write 9000.", why


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (BOTH + SERVICE + ingress("{ports: [{port: 9000}]}"), "the pod's port is named"),
        (BOTH + SERVICE + ingress("{ports: [{port: 80}, {port: 9000}]}"), "the pod's port is allowed as well"),
        (
            BOTH
            + SERVICE
            + ingress("{ports: [{port: 80}]}")
            + policy("shop/other", "podSelector: {}, ingress: [{ports: [{port: 9000}]}]"),
            "another policy allows it",
        ),
        (BOTH + SERVICE + ingress("{ports: [{port: 81}]}"), "not a port of the Service"),
        (BOTH + SERVICE + ingress("{ports: [{port: 80, protocol: UDP}]}"), "not the Service's protocol"),
        (
            FRONT
            + pod("shop/search-0", "app: search", ports="{containerPort: 9000}, {containerPort: 80}")
            + SERVICE
            + ingress("{ports: [{port: 80}]}"),
            "the pod listens on it too",
        ),
        (BOTH + SERVICE + egress("{ports: [{port: 80}]}"), "egress to everywhere may mean the world"),
        (
            BOTH
            + SERVICE
            + egress(f"{{to: [{TO_SEARCH}, {{ipBlock: {{cidr: 192.0.2.0/24}}}}], ports: [{{port: 80}}]}}"),
            "the port may be meant for the range",
        ),
        (
            BOTH + service("shop/s", "app: search", "{port: 80}") + ingress("{ports: [{port: 80}]}"),
            "target and port agree",
        ),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF206") == [], why
