"""RF407: a rule lets pods ask any DNS server."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.exposure import WEB, egress


@pytest.mark.parametrize(
    ("rules", "ports"),
    [
        ("{ports: [{port: 53, protocol: UDP}, {port: 53}]}", "TCP 53 UDP 53"),
        ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 853}]}", "TCP 853"),
        ("{to: [{ipBlock: {cidr: 8.8.0.0/16}}], ports: [{port: 53, protocol: UDP}]}", "UDP 53"),
    ],
)
def test_dns_to_anyone_is_told(rules: str, ports: str) -> None:
    (finding,) = lint(WEB + egress(rules), "RF407", "RF404")
    assert finding.code.code == "RF407" or "853" in ports
    assert any(ports in found.what for found in lint(WEB + egress(rules), "RF407"))


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}], ports: [{port: 53, protocol: UDP}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.10/32}}], ports: [{port: 53, protocol: UDP}]}",
        "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
    ],
)
def test_resolvers_that_are_named_are_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF407") == []


def test_the_dns_pods_themselves_may_ask_upstream() -> None:
    dns = pod("kube-system/dns", "k8s-app: kube-dns", ports="{containerPort: 53, protocol: UDP}")
    upstream = policy(
        "kube-system/dns",
        "podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}]}]",
    )
    assert codes(dns + upstream, "RF407") == []
