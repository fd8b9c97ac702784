"""What ``ringfence generate`` prints for an incident opens what the hand-written fix opens, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.incidents.applying import apply, copy
from tests.incidents.states import change, connections, difference, paths, table

NAMESPACES = {
    "openshift-dns": "bookings",
    "nodelocal-dns": "tickets",
    "namespace-label": "claims",
    "udp-only": "telemetry",
}


def applied(place: str, directory: Path, *arguments: str) -> tuple[set[str], set[str]]:
    """What changes when the policies that a template makes are applied to the broken cluster."""
    template, *options = arguments
    printed = run("generate", template, "-q", *paths(place, "broken"), *options)
    assert printed.exit_code == 0, printed.stderr
    apply(copy(place, "broken", directory), printed.stdout)
    return difference(connections(place, "broken"), table(str(directory)))


@pytest.mark.parametrize("variant", NAMESPACES)
def test_allow_dns_opens_the_dns_pods_on_their_real_ports(variant: str, tmp_path: Path) -> None:
    place = f"01-default-deny-dns/{variant}"
    opened, closed = applied(place, tmp_path, "allow-dns", "-n", NAMESPACES[variant])
    # The one that was copied stays, and with it what it opens to no use.
    assert opened == change(place, "broken", "fixed")[0]
    assert closed == set()


def test_allow_dns_gives_forty_services_names_and_nothing_else(tmp_path: Path) -> None:
    place = "01-default-deny-dns/forty-services"
    opened, closed = applied(place, tmp_path, "allow-dns", "-n", "production")
    wanted = {line for line in change(place, "broken", "fixed")[0] if "kube-system/Deployment/coredns" in line}
    assert len(wanted) == 94
    assert (opened, closed) == (wanted, set())


def test_one_resolver_closes_every_other_one(tmp_path: Path) -> None:
    place = "01-default-deny-dns/single-resolver"
    options = ("-n", "trading", "--resolver", "10.0.0.10", "--dialect", "clusternetworkpolicy")
    assert applied(place, tmp_path, "allow-dns", *options) == change(place, "broken", "fixed-with-tiers")


def test_what_network_policy_cannot_do_about_resolvers_is_said() -> None:
    inputs = paths("01-default-deny-dns/single-resolver", "broken")
    result = run("generate", "allow-dns", *inputs, "-n", "trading", "--resolver", "10.0.0.10")
    assert "log" in result.stdout
    assert "DNS over HTTPS" in result.stdout
    # Policies add up: the one that allows all egress still does.
    assert "still reaches" in result.stderr


def test_network_policy_cannot_deny_what_another_one_allows() -> None:
    inputs = paths("04-tenant-egress/later-stage", "broken")
    result = run("generate", "deny-external-egress", *inputs, "-n", "tenant-a")
    assert result.exit_code == 2
    assert "--dialect clusternetworkpolicy" in result.stderr


@pytest.mark.parametrize(
    ("way", "source"),
    [
        ("unselected-pods", "tenant-a/Deployment/importer"),
        ("later-stage", "tenant-a/Deployment/jobs"),
        ("except-range", "tenant-a/Deployment/jobs"),
    ],
)
def test_deny_external_egress_of_the_admin_tier_closes_the_way_out(way: str, source: str, tmp_path: Path) -> None:
    place = f"04-tenant-egress/{way}"
    options = ("-n", "tenant-a", "--dialect", "clusternetworkpolicy")
    opened, closed = applied(place, tmp_path, "deny-external-egress", *options)
    assert opened == set()
    assert run("why", "-q", str(tmp_path), source, "103.21.4.50:443").exit_code == 1
    # Only ways out of the tenant are closed, none inside the cluster.
    assert closed
    assert all(line.startswith("tenant-a/") and "/" not in line.partition(" > ")[2] for line in closed)
