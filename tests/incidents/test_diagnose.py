"""The first line of ``ringfence diagnose`` states the true cause: which policy, what is wrong, what it cuts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.incidents.states import INCIDENTS, paths

# Place, what the first line must say, and the line that it must name.
CAUSES = [
    (
        "01-default-deny-dns/forty-services",
        ["production/default-deny-all", "DNS is cut for 47 workloads", "77 connections that are needed are cut"],
        "default-deny.yaml:2",
    ),
    (
        "01-default-deny-dns/openshift-dns",
        ["bookings/allow-dns, egress rule 1", "UDP 53", "listen on 5353", "DNS is cut for 5 workloads"],
        "allow-dns.yaml:16",
    ),
    (
        "01-default-deny-dns/nodelocal-dns",
        ["tickets/default-deny", "DNS is cut for 5 workloads", "NodeLocal DNSCache at 169.254.20.10"],
        "policies.yaml:1",
    ),
    (
        "01-default-deny-dns/namespace-label",
        ["claims/allow-dns, egress rule 1", "`name=kube-system`", "missing on namespace kube-system", "DNS is cut"],
        "allow-dns.yaml:12",
    ),
    (
        "01-default-deny-dns/udp-only",
        ["telemetry/allow-dns, egress rule 1", "UDP 53", "TCP 53", "DNS over TCP is cut for 5 workloads"],
        "allow-dns.yaml:18",
    ),
    (
        "01-default-deny-dns/coredns-upstream",
        ["kube-system/default-deny", "kube-system/Deployment/coredns, reaches no resolver", "nor the API server"],
        "kube-system-policies.yaml:2",
    ),
    (
        "02-now-and-then/service-between",
        [
            "payments/payment-provider, egress rule 1, allows 10.96.40.7/32, the cluster address of Service",
            "payments/Deployment/payment can't always reach service:payments/provider on TCP 443",
        ],
        "provider.yaml:15",
    ),
    (
        "02-now-and-then/proxy-not-allowed",
        [
            "payments/default-deny isolates every pod of namespace payments",
            "payments/Deployment/payment can't reach its proxy, service:egress/egress-proxy on TCP 3128",
            "no rule for an address there serves it",
        ],
        "policies.yaml:1",
    ),
    (
        "03-looks-right/egress-peer",
        ["shop/frontend, egress rule 1", "`tier=api`", "missing on the pods of shop/Deployment/backend"],
        "policy.yaml:24",
    ),
    (
        "03-looks-right/ingress-peer",
        ["shop/backend, ingress rule 1", "`tier=web`", "missing on the pods of shop/Deployment/frontend"],
        "policy.yaml:13",
    ),
    (
        "03-looks-right/ingress-subject",
        ["shop/backend would allow it", "podSelector", "`tier=api`", "missing on the pods of shop/Deployment/backend"],
        "policy.yaml:8",
    ),
    (
        "03-looks-right/namespace-label",
        ["api/backend, ingress rule 1", "`env=production`", "missing on namespace web"],
        "policy.yaml:13",
    ),
    (
        "05-fifteen-teams/cluster-scoped",
        [
            "ClusterNetworkPolicy fraud-isolation, ingress rule 3",
            "subject is empty",
            "47 connections that are needed are cut",
        ],
        "fraud-isolation.yaml:32",
    ),
    (
        "05-fifteen-teams/changed-label",
        [
            "identity/identity-api, ingress rule 1, asks for label `tier=frontend`",
            "but `tier=edge` is set on namespace mobile",
            "mobile/Deployment/mobile-api can't reach service:identity/identity-api",
        ],
        "identity.yaml:",
    ),
    (
        "05-fifteen-teams/shared-service",
        ["shared/kafka-ads", "14 workloads can't reach service:shared/kafka"],
        "kafka.yaml:2",
    ),
    (
        "07-moving-addresses/dns-circle",
        [
            "sync/default-deny",
            "DNS is cut for 3 workloads",
            "ClusterNetworkPolicy egress-by-name, which allows reports.partner.example by name, can't come into force",
        ],
        "policies.yaml:1",
    ),
]


@pytest.mark.parametrize(("place", "said", "line"), CAUSES, ids=[place for place, _, _ in CAUSES])
def test_the_first_line_states_the_cause(place: str, said: list[str], line: str) -> None:
    result = run("diagnose", "-q", *paths(place, "broken"))
    assert result.exit_code == 1
    first, second, *_ = result.stdout.splitlines()
    for words in said:
        assert words in first
    assert line in second


# Policies that cut nothing else that is needed. Where a policy is fixed, so is the cluster.
@pytest.mark.parametrize("place", [place for place, _, _ in CAUSES if place != "07-moving-addresses/dns-circle"])
def test_nothing_that_is_needed_is_cut_after_the_fix(place: str) -> None:
    result = run("diagnose", "-q", *paths(place, "fixed"))
    assert result.stdout.splitlines()[0].startswith("Nothing that is known to be needed is cut")
    assert result.exit_code == 0


def test_after_the_fix_of_the_circle_only_those_without_names_lack_dns() -> None:
    result = run("diagnose", "-q", *paths("07-moving-addresses/dns-circle", "fixed"))
    first = result.stdout.splitlines()[0]
    assert "DNS is cut for 2 workloads of namespace sync" in first
    assert "sync/Deployment/exporter" not in result.stdout.partition("What reaches the Internet")[0]


@pytest.mark.parametrize("state", ["fixed", "fixed-with-tiers"])
def test_pods_with_a_resolver_of_their_own_need_no_other(state: str) -> None:
    result = run("diagnose", "-q", *paths("01-default-deny-dns/single-resolver", state))
    assert result.stdout.splitlines()[0].startswith("Nothing that is known to be needed is cut: DNS")
    assert result.exit_code == 0


def test_forty_services_are_one_problem_with_its_fix() -> None:
    result = run("diagnose", "-q", *paths("01-default-deny-dns/forty-services", "broken"))
    assert "1. error" in result.stdout
    assert "2. " not in result.stdout
    assert "generate allow-dns" in result.stdout


@pytest.mark.parametrize(
    ("variant", "said", "line"),
    [
        (
            "invalid-range",
            ["sync/reports-service, egress rule 1, opens nothing", "'503.0.0.0/8'", "sync/Deployment/exporter"],
            "reports.yaml:15",
        ),
        # 52.0.0.0/8 and 34.0.0.0/8: twice 2**24 addresses
        (
            "too-wide",
            [
                "sync/reports-service, egress rule 1, opens 33,554,432 public addresses",
                "52.0.0.0/8 and 34.0.0.0/8",
                "sync/Deployment/exporter",
            ],
            "reports.yaml:15",
        ),
    ],
)
def test_a_range_that_is_wrong_is_said_first_though_nothing_is_known_cut(
    variant: str, said: list[str], line: str
) -> None:
    result = run("diagnose", "-q", *paths(f"07-moving-addresses/{variant}", "broken"))
    first, second, *_ = result.stdout.splitlines()
    for words in said:
        assert words in first
    assert line in second
    fixed = run("diagnose", "-q", *paths(f"07-moving-addresses/{variant}", "fixed"))
    assert fixed.stdout.splitlines()[0].startswith("Nothing that is known to be needed is cut")


def test_addresses_that_the_range_does_not_cover_are_named_when_they_are_wanted(tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.csv"
    addresses = ("52.48.12.15", "52.48.19.7", "34.240.8.21")
    rows = "".join(f"sync/Deployment/exporter,{address},TCP,443\n" for address in addresses)
    wanted.write_text("src,dst,protocol,port\n" + rows, encoding="utf-8")
    place = "07-moving-addresses/not-covered"
    result = run("diagnose", "-q", *paths(place, "broken"), "--wanted", str(wanted))
    first = result.stdout.splitlines()[0]
    assert result.exit_code == 1
    assert "sync/reports-service, egress rule 1, allows 52.48.12.0/24" in first
    assert "sync/Deployment/exporter can't reach 34.240.8.21 and 52.48.19.7" in first
    assert "reports.yaml:15" in result.stdout.splitlines()[1]
    assert run("diagnose", "-q", *paths(place, "fixed"), "--wanted", str(wanted)).exit_code == 0


@pytest.mark.parametrize("way", ["unselected-pods", "host-network", "later-stage", "except-range", "namespace-label"])
def test_the_tenants_way_out_is_listed(way: str) -> None:
    result = run("diagnose", "-q", *paths(f"04-tenant-egress/{way}", "broken"))
    outside = result.stdout.partition("What reaches the Internet")[2]
    named = {"unselected-pods": "tenant-a/Deployment/importer", "host-network": "tenant-a/DaemonSet/log-agent"}
    assert named.get(way, "tenant-a/Deployment/web") in outside


# The policies of the tenant's namespace, and what lets its pods out all the same.
WAYS_OUT = {
    "unselected-pods": (
        "tenant-a/Deployment/importer reaches every public address: no policy selects",
        "policy.yaml:2",
    ),
    "host-network": ("tenant-a/DaemonSet/log-agent reaches it as its node does", "log-agent.yaml:1"),
    "later-stage": ("NetworkPolicy tenant-a/allow-https, egress rule 3, allows it", "tenant-policies.yaml:25"),
    "except-range": ("NetworkPolicy tenant-a/limit-egress, egress rule 3, allows it", "policy.yaml:25"),
    "namespace-label": ("ClusterNetworkPolicy egress-exempt, egress rule 1, allows it", "guardrail.yaml:14"),
    "shared-proxy": ("in two hops, through egress/Deployment/squid on TCP 3128", "proxy.yaml:12"),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_first_line_names_the_way_out_of_a_tenant_with_limits(way: str) -> None:
    result = run("diagnose", "-q", *paths(f"04-tenant-egress/{way}", "broken"))
    first, second, *_ = result.stdout.splitlines()
    said, line = WAYS_OUT[way]
    assert "limits egress of namespace tenant-a to the Internet, yet tenant-a/" in first
    assert said in first
    assert line in second
    assert result.exit_code == 0


@pytest.mark.parametrize("way", WAYS_OUT)
def test_no_way_out_is_left_after_the_fix(way: str) -> None:
    result = run("diagnose", "-q", *paths(f"04-tenant-egress/{way}", "fixed"))
    assert "limits egress" not in result.stdout


def test_every_incident_can_be_diagnosed() -> None:
    for directory in sorted(INCIDENTS.glob("*/*/broken")):
        place = str(directory.parent.relative_to(INCIDENTS))
        assert run("diagnose", "-q", *paths(place, "broken")).exit_code in (0, 1), place
