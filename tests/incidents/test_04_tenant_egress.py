"""Incident 4: a deny-egress policy is in place, and tenant A still reaches 103.21.4.50."""

from __future__ import annotations

import pytest

from tests.incidents.states import change
from tests.incidents.verdicts import check, each

INCIDENT = "04-tenant-egress"
V4 = "0.0.0.0-255.255.255.255"
V6 = "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
TENANT = ("tenant-a/Deployment/jobs", "tenant-a/Deployment/web", "tenant-a/StatefulSet/postgres")
TENANT_B = tuple(end.replace("tenant-a", "tenant-b") for end in TENANT)
CONTROLLER = "ingress-nginx/Deployment/ingress-nginx-controller"
COREDNS = "kube-system/Deployment/coredns"
ALL = ("TCP 1-65535", "UDP 1-65535", "SCTP 1-65535")
BUT_DNS = ("TCP 1-52,54-65535", "UDP 1-52,54-65535", "SCTP 1-65535")

WORKS = """
tenant-a/Deployment/web > service:tenant-a/jobs TCP 8080: {state} yes
tenant-a/Deployment/jobs > service:tenant-a/postgres TCP 5432: {state} yes
tenant-a/Deployment/jobs > service:kube-system/kube-dns UDP 53: {state} yes
ingress-nginx/Deployment/ingress-nginx-controller > service:tenant-a/web TCP 80: {state} yes
"""


@pytest.mark.parametrize(
    "variant", ["host-network", "unselected-pods", "later-stage", "shared-proxy", "except-range", "namespace-label"]
)
def test_the_tenant_works_before_and_after_each_fix(variant: str) -> None:
    for state in ("broken", "fixed"):
        check(f"{INCIDENT}/{variant}", WORKS.format(state=state))


def test_a_pod_of_the_host_network_is_outside_policy() -> None:
    place = f"{INCIDENT}/host-network"
    check(
        place,
        """
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken no, fixed no
        tenant-a/DaemonSet/log-agent > 103.21.4.50 TCP 443: broken yes, fixed no
        """,
    )
    agent = "tenant-a/DaemonSet/log-agent"
    closed = {line for end in (V4, V6, CONTROLLER, *TENANT_B) for line in each([agent], end, *ALL)}
    closed |= each([agent], COREDNS, *BUT_DNS)
    # On the pod network it is one of the tenant's pods, which may talk among themselves.
    assert change(place, "broken", "fixed") == (each(TENANT, agent, *ALL), closed)


def test_a_pod_that_no_policy_selects_goes_where_it_wants() -> None:
    place = f"{INCIDENT}/unselected-pods"
    check(
        place,
        """
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken no, fixed no
        tenant-a/Deployment/importer > 103.21.4.50 TCP 443: broken yes, fixed no
        """,
    )
    importer = "tenant-a/Deployment/importer"
    closed = {line for end in (V4, V6, CONTROLLER, *TENANT_B) for line in each([importer], end, *ALL)}
    assert change(place, "broken", "fixed") == (set(), closed | each([importer], COREDNS, *BUT_DNS))


def test_the_baseline_tier_is_not_asked_where_a_network_policy_decided() -> None:
    place = f"{INCIDENT}/later-stage"
    check(
        place,
        """
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken yes, fixed no
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 80: broken no, fixed no
        # Tenant B has no NetworkPolicy, so Baseline holds for it.
        tenant-b/Deployment/jobs > 103.21.4.50 TCP 443: broken no, fixed no
        tenant-b/Deployment/jobs > service:tenant-b/postgres TCP 5432: broken yes, fixed yes
        """,
    )
    assert change(place, "broken", "fixed") == (set(), each(TENANT, V4, "TCP 443"))


def test_a_shared_proxy_is_a_way_out_in_two_hops() -> None:
    place = f"{INCIDENT}/shared-proxy"
    check(
        place,
        """
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken no, fixed no
        tenant-a/Deployment/jobs > service:egress/squid TCP 3128: broken yes, fixed yes
        egress/Deployment/squid > 103.21.4.50 TCP 443: broken yes, fixed no
        # The package mirrors are still reached.
        egress/Deployment/squid > 198.51.100.20 TCP 443: broken yes, fixed yes
        """,
    )
    squid = ["egress/Deployment/squid"]
    closed = {
        line
        for span in (
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-172.15.255.255",
            "172.32.0.0-192.167.255.255",
            "192.169.0.0-198.51.100.15",
            "198.51.100.32-255.255.255.255",
        )
        for line in each(squid, span, "TCP 80,443")
    }
    closed |= each(squid, "198.51.100.16-198.51.100.31", "TCP 80")
    assert change(place, "broken", "fixed") == (set(), closed)


def test_an_exception_ends_just_before_the_address() -> None:
    place = f"{INCIDENT}/except-range"
    check(
        place,
        """
        # 103.21.0.0/22 is 103.21.0.0 to 103.21.3.255.
        tenant-a/Deployment/jobs > 103.21.3.255 TCP 443: broken no, fixed no
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken yes, fixed no
        tenant-a/Deployment/jobs > 198.51.100.20 TCP 443: broken yes, fixed yes
        """,
    )
    spans = (
        "0.0.0.0-9.255.255.255",
        "11.0.0.0-103.20.255.255",
        "103.21.4.0-198.51.100.15",
        "198.51.100.32-255.255.255.255",
    )
    assert change(place, "broken", "fixed") == (
        set(),
        {line for span in spans for line in each(TENANT, span, "TCP 443")},
    )


def test_a_label_on_the_namespace_takes_an_exemption() -> None:
    place = f"{INCIDENT}/namespace-label"
    check(
        place,
        """
        tenant-a/Deployment/jobs > 103.21.4.50 TCP 443: broken yes, fixed no
        tenant-b/Deployment/jobs > 103.21.4.50 TCP 443: broken no, fixed no
        # The exemption holds for whom it was made.
        platform/Deployment/mirror > 198.51.100.20 TCP 443: broken yes, fixed yes
        """,
    )
    assert change(place, "broken", "fixed") == (set(), each(TENANT, V4, *ALL))
