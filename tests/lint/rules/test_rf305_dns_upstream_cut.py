"""RF305: the DNS pods can't ask any server outside the cluster."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.cuts import TO_DNS, dns


def test_dns_pods_without_any_way_out_have_no_upstream() -> None:
    closed = policy("kube-system/deny", "podSelector: {}, policyTypes: [Egress]")
    assert codes(dns() + closed, "RF305") == ["RF305"]
    own = policy("kube-system/own", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{TO_DNS}]}}]")
    assert codes(dns() + own, "RF305") == ["RF305"]


@pytest.mark.parametrize(
    "to", ["to: [{ipBlock: {cidr: 10.0.0.2/32}}], ports: [{port: 53, protocol: UDP}]", "ports: [{port: 853}]"]
)
def test_dns_pods_with_one_upstream_are_left_alone(to: str) -> None:
    some = policy("kube-system/up", f"podSelector: {{}}, policyTypes: [Egress], egress: [{{{to}}}]")
    assert codes(dns() + some, "RF305") == []


def corefile(*lines: str) -> str:
    """DNS pods with a Corefile of these lines."""
    text = "".join(f"      {line}\n" for line in lines)
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\ndata:\n"
    volume = ", volumes: [{name: c, configMap: {name: coredns}}]"
    server = pod(
        "kube-system/dns-0",
        "k8s-app: kube-dns",
        ports="{containerPort: 53, protocol: UDP}, {containerPort: 53}",
        more=volume,
    )
    return f"{config}  Corefile: |\n    .:53 {{\n{text}    }}\n---\n{server}"


def upstream(cidr: str, port: str = "{port: 53, protocol: UDP}") -> str:
    rule = f"{{to: [{{ipBlock: {{cidr: {cidr}}}}}], ports: [{port}]}}"
    return policy("kube-system/up", f"podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]")


@pytest.mark.parametrize(
    ("line", "allowed", "told"),
    [
        ("forward . 10.0.0.2", "10.0.0.2/32", False),
        ("forward . 10.0.0.2", "10.0.0.3/32", True),
        ("forward . 10.0.0.2 10.0.0.3", "10.0.0.3/32", False),  # the one that answers is asked
        ("forward . tls://10.0.0.2", "10.0.0.2/32", True),  # on port 853
        ("forward . /etc/resolv.conf", "10.0.0.3/32", False),  # it may be this one
        ("errors", "10.9.9.9/32", False),  # it forwards nothing, and needs nobody
    ],
)
def test_the_corefile_says_whom_the_dns_pods_need(line: str, allowed: str, told: bool) -> None:
    assert codes(corefile(line) + upstream(allowed), "RF305") == ["RF305"] * told


def test_each_forward_is_judged_by_itself_and_named() -> None:
    both = corefile("forward . 10.0.0.2", "forward corp.example 10.1.0.1")
    (finding,) = lint(both + upstream("10.0.0.2/32"), "RF305")
    assert "forwards `corp.example`: UDP 53 to 10.1.0.1" in finding.what
    assert finding.why == "Names below corp.example fail."
