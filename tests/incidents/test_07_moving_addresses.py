"""Incident 7: addresses move. A pod in one cloud calls a service in another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.incidents.states import INCIDENTS, allows, change, cluster, difference, paths, table
from tests.incidents.verdicts import check, each

INCIDENT = "07-moving-addresses"
EXPORTER = "sync/Deployment/exporter"
ADDRESSES = ("52.48.12.15", "52.48.19.7", "34.240.8.21")
"""What reports.partner.example resolves to."""
OFFERS = INCIDENTS / INCIDENT / "offers"


def test_a_range_that_is_no_range_opens_nothing() -> None:
    place = f"{INCIDENT}/invalid-range"
    check(place, "".join(f"{EXPORTER} > {address} TCP 443: broken no, fixed yes\n" for address in ADDRESSES))
    (error,) = [finding for finding in cluster(place, "broken").findings if finding.code.code == "RF103"]
    assert "503.0.0.0/8" in error.what
    assert change(place, "broken", "fixed") == ({f"{EXPORTER} > {address} TCP 443" for address in ADDRESSES}, set())


def test_a_range_covers_one_address_of_three() -> None:
    place = f"{INCIDENT}/not-covered"
    check(
        place,
        """
        sync/Deployment/exporter > 52.48.12.15 TCP 443: broken yes, fixed yes
        sync/Deployment/exporter > 52.48.19.7 TCP 443: broken no, fixed yes
        sync/Deployment/exporter > 34.240.8.21 TCP 443: broken no, fixed yes
        """,
    )
    opened = {f"{EXPORTER} > {address} TCP 443" for address in ("52.48.19.7", "34.240.8.21")}
    closed = each([EXPORTER], "52.48.12.0-52.48.12.14", "TCP 443") | each(
        [EXPORTER], "52.48.12.16-52.48.12.255", "TCP 443"
    )
    assert change(place, "broken", "fixed") == (opened, closed)


def test_a_range_that_made_the_failure_go_away_opens_33_million_addresses_for_three() -> None:
    place = f"{INCIDENT}/too-wide"
    check(
        place,
        """
        sync/Deployment/exporter > 52.48.19.7 TCP 443: broken yes, fixed yes
        sync/Deployment/exporter > 34.240.8.21 TCP 443: broken yes, fixed yes
        sync/Deployment/exporter > 52.1.2.3 TCP 443: broken yes, fixed no
        """,
    )
    opened, closed = change(place, "broken", "fixed")
    assert opened == set()
    assert closed == {
        f"{EXPORTER} > {span} TCP 443"
        for span in (
            "34.0.0.0-34.240.8.20",
            "34.240.8.22-34.255.255.255",
            "52.0.0.0-52.48.12.14",
            "52.48.12.16-52.48.19.6",
            "52.48.19.8-52.255.255.255",
        )
    }


def test_a_rule_by_name_is_no_use_to_a_pod_that_cannot_ask_for_names() -> None:
    place = f"{INCIDENT}/dns-circle"
    check(
        place,
        """
        sync/Deployment/exporter > service:kube-system/kube-dns UDP 53: broken no, fixed yes
        sync/Deployment/exporter > service:kube-system/kube-dns TCP 53: broken no, fixed yes
        # The database and the console have no names in their rules, and get no DNS.
        sync/StatefulSet/postgres > service:kube-system/kube-dns UDP 53: broken no, fixed no
        sync/Deployment/console > service:kube-system/kube-dns UDP 53: broken no, fixed no
        """,
    )
    opened = each([EXPORTER], "kube-system/Deployment/coredns", "UDP 53", "TCP 53")
    assert change(place, "broken", "fixed") == (opened, set())


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_allowed_only_if_the_name_resolves_to_it(address: str) -> None:
    place = f"{INCIDENT}/dns-circle"
    assert not allows(place, "fixed", EXPORTER, address, "TCP", 443)
    first = run("why", "-q", *paths(place, "fixed"), EXPORTER, f"{address}:443").stdout.splitlines()[0]
    assert first.startswith(f"{EXPORTER} may reach {address} on TCP 443: only if ")
    assert "reports.partner.example" in first


def offer(name: str) -> tuple[tuple[str, str, str, str], ...]:
    return table(str(OFFERS / "cluster"), str(OFFERS / name))


def bare() -> tuple[tuple[str, str, str, str], ...]:
    return table(str(OFFERS / "cluster"))


def test_the_offer_of_an_address_set_opens_these_addresses() -> None:
    opened, closed = difference(bare(), offer("by-address-set"))
    assert (opened, closed) == ({f"{EXPORTER} > {address} TCP 443" for address in ADDRESSES}, set())


NAMED = ["by-name-cilium", "by-name-gke", "by-name-calico-enterprise", "by-name-clusternetworkpolicy"]


@pytest.mark.parametrize("name", NAMED)
def test_an_offer_by_name_opens_nothing_for_certain(name: str) -> None:
    assert difference(bare(), offer(name)) == (set(), set())
    inputs = str(OFFERS / "cluster"), str(OFFERS / name)
    first = run("why", "-q", *inputs, EXPORTER, f"{ADDRESSES[0]}:443").stdout.splitlines()[0]
    assert first.endswith(" only if the address belongs to name reports.partner.example.")


@pytest.mark.parametrize("name", NAMED)
def test_an_offer_by_name_opens_the_addresses_on_record(name: str, tmp_path: Path) -> None:
    seen = '"firstSeen":"2026-11-16T08:00:00Z","lastSeen":"2026-11-20T08:00:00Z","ttl":60'
    lines = [f'{{"name":"reports.partner.example","address":"{address}",{seen}}}\n' for address in ADDRESSES]
    record = tmp_path / "names.jsonl"
    record.write_text("".join(lines))
    recorded = str(OFFERS / "cluster"), str(OFFERS / name), "--resolve", str(record)
    opened, closed = difference(bare(), table(*recorded))
    assert (opened, closed) == ({f"{EXPORTER} > {address} TCP 443" for address in ADDRESSES}, set())


def test_the_offer_by_name_of_cilium_has_the_dns_rule_that_names_need(tmp_path: Path) -> None:
    manifest = (OFFERS / "by-name-cilium" / "reports.yaml").read_text()
    before, rules, after = manifest.partition("          rules:\n")
    assert rules
    circle = tmp_path / "reports.yaml"
    circle.write_text(before + after[after.index("    - toFQDNs") :])
    cluster_of = str(OFFERS / "cluster")
    assert "RF314" not in run("lint", cluster_of, str(OFFERS / "by-name-cilium")).stdout
    assert "RF314 error: sync/CiliumNetworkPolicy/reports-service" in run("lint", cluster_of, str(circle)).stdout


def test_the_offer_of_a_mesh_opens_the_egress_gateway_to_the_exporter_and_nothing_else() -> None:
    mesh = OFFERS / "by-mesh"
    before = table(str(OFFERS / "cluster"), str(mesh / "istio.yaml"))
    opened, closed = difference(before, table(str(OFFERS / "cluster"), str(mesh)))
    system = "istio-system/Deployment"
    assert closed == set()
    assert opened == {f"{EXPORTER} > {system}/istio-egressgateway TCP 8443", f"{EXPORTER} > {system}/istiod TCP 15012"}
    out = {row[1] for row in before if row[0] == f"{system}/istio-egressgateway" and "/" not in row[1]}
    assert out, "the gateway gets out"


def test_in_the_mesh_the_exporter_is_held_to_the_hosts_that_the_registry_lists(tmp_path: Path) -> None:
    """With a sidecar and free egress in the network, REGISTRY_ONLY leaves the partner's addresses alone."""
    text = (OFFERS / "cluster" / "sync.yaml").read_text()
    injected = "apiVersion: v1\nkind: Namespace\nmetadata: {name: sync, labels: {istio-injection: enabled}}\n---\n"
    (tmp_path / "sync.yaml").write_text(injected + text)
    mesh = (OFFERS / "by-mesh" / "reports.yaml").read_text()
    (tmp_path / "mesh.yaml").write_text(mesh[: mesh.index("# What the network layer must still allow")])
    seen = '"firstSeen":"2026-11-16T08:00:00Z","lastSeen":"2026-11-20T08:00:00Z","ttl":60'
    lines = [f'{{"name":"reports.partner.example","address":"{address}",{seen}}}\n' for address in ADDRESSES]
    (tmp_path / "names.jsonl").write_text("".join(lines))
    asked = (str(tmp_path / "sync.yaml"), str(tmp_path / "mesh.yaml"), EXPORTER)
    for address, status in ((ADDRESSES[0], 0), ("52.48.12.16", 1)):
        result = run("why", "-q", *asked, f"{address}:443", "--resolve", str(tmp_path / "names.jsonl"))
        assert result.exit_code == status, result.output


def test_the_offer_of_a_proxy_opens_the_proxy_to_the_exporter() -> None:
    opened, closed = difference(bare(), offer("by-proxy"))
    proxy = "egress/Deployment/reports-proxy"
    assert closed == set()
    assert {line for line in opened if not line.startswith(proxy)} == {f"{EXPORTER} > {proxy} TCP 8443"}
    # All that the proxy may do: ask for names, and HTTPS outside.
    assert {line for line in opened if line.startswith(proxy)} == each(
        [proxy], "kube-system/Deployment/coredns", "UDP 53", "TCP 53"
    ) | {
        f"{proxy} > {span} TCP 443"
        for span in (
            "0.0.0.0-9.255.255.255",
            "11.0.0.0-172.15.255.255",
            "172.32.0.0-192.167.255.255",
            "192.169.0.0-255.255.255.255",
        )
    }
