"""RF205: no pod that the rule is for has the named port."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy

WEB = pod("shop/web-0", "app: web", ports="{name: http, containerPort: 8080}", address="10.0.0.1")
DNS = pod("shop/dns-0", "app: dns", ports="{name: dns, containerPort: 53, protocol: UDP}", address="10.0.0.2")


def ingress(app: str, port: str) -> str:
    return policy("shop/p", f"podSelector: {{matchLabels: {{app: {app}}}}}, ingress: [{{ports: [{{{port}}}]}}]")


def egress(port: str, *peers: str) -> str:
    to = f"to: [{', '.join(peers)}], " if peers else ""
    return policy("shop/p", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{{to}ports: [{{{port}}}]}}]")


TO_WEB = "{podSelector: {matchLabels: {app: web}}}"


@pytest.mark.parametrize(
    ("manifests", "hint"),
    [
        (WEB + ingress("web", "port: https"), "They have `http`."),
        (DNS + ingress("dns", "port: dns"), "`dns` is a port for UDP there: write that protocol."),
        (WEB + DNS + egress("port: metrics", TO_WEB), "They have `http`."),
        (WEB + DNS + egress("port: metrics"), "They have `dns` and `http`."),  # to every pod
        (WEB + egress("port: metrics", "{ipBlock: {cidr: 10.0.0.0/24}}"), "They have `http`."),  # pods in a range
        (pod("shop/a", "app: a") + ingress("a", "port: http"), "They name no port"),
    ],
)
def test_it_fires_and_says_what_there_is(manifests: str, hint: str) -> None:
    (finding,) = lint(manifests, "RF205")
    assert finding.hint.startswith(hint)


@pytest.mark.parametrize(
    ("manifests", "why"),
    [
        (WEB + ingress("web", "port: http"), "the pod has it"),
        (DNS + ingress("dns", "port: dns, protocol: UDP"), "with its protocol"),
        (WEB + DNS + egress("port: http"), "one of the destinations has it"),
        (WEB + ingress("web", "port: 9999"), "a number is no name"),
        (WEB + ingress("nobody", "port: http"), "without pods there is nothing to look at"),
        (WEB + egress("port: http", "{ipBlock: {cidr: 192.0.2.0/24}}"), "addresses outside are not judged"),
    ],
)
def test_it_does_not_fire(manifests: str, why: str) -> None:
    assert codes(manifests, "RF205") == [], why
