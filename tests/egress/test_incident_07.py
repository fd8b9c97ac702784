"""Incident 7, addresses move: every offer is made of a request, and opens what the offer says and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.docs.paths import ROOT
from tests.incidents.states import INCIDENTS, difference, table

OFFERS = INCIDENTS / "07-moving-addresses" / "offers"
CIRCLE = INCIDENTS / "07-moving-addresses" / "dns-circle" / "cluster"
REQUESTS = ROOT / "examples" / "egress"
NAMES = str(REQUESTS / "names.jsonl")
EXPORTER = "sync/Deployment/exporter"
ADDRESSES = {f"{EXPORTER} > {address} TCP 443" for address in ("52.48.12.15", "52.48.19.7", "34.240.8.21")}
"""What reports.partner.example resolves to."""
DNS = {f"{EXPORTER} > kube-system/Deployment/coredns {port} 53" for port in ("UDP", "TCP")}


def made(tmp_path: Path, choice: str, *paths: Path, resolve: str = NAMES, request: str = "reports.yaml") -> str:
    """The file of what is printed for the request."""
    inputs = [str(REQUESTS / request), *map(str, paths)]
    options = ["--for", choice, "-q", *(["--resolve", resolve] if resolve else [])]
    result = run("generate", "egress", *inputs, *options)
    assert result.exit_code == 0, result.stderr
    path = tmp_path / f"{choice}.yaml"
    path.write_text(result.stdout, encoding="utf-8")
    return str(path)


def test_the_address_set_opens_what_the_written_offer_opens(tmp_path: Path) -> None:
    bare = table(str(OFFERS / "cluster"))
    policy = made(tmp_path, "networkpolicy", OFFERS / "cluster")
    assert difference(bare, table(str(OFFERS / "cluster"), policy)) == (ADDRESSES, set())
    written = table(str(OFFERS / "cluster"), str(OFFERS / "by-address-set"))
    assert difference(written, table(str(OFFERS / "cluster"), policy)) == (set(), set())


@pytest.mark.parametrize("choice", ["cilium", "calico", "calico-enterprise", "cnp", "gke"])
def test_by_name_the_recorded_addresses_are_allowed_and_nothing_else(choice: str, tmp_path: Path) -> None:
    policy = made(tmp_path, choice, OFFERS / "cluster")
    for address, status in (("52.48.12.15", 0), ("52.48.19.7", 0), ("34.240.8.21", 0), ("52.48.12.16", 1)):
        question = (EXPORTER, f"{address}:443", "-q", "--resolve", NAMES)
        assert run("why", str(OFFERS / "cluster"), policy, *question).exit_code == status, address


@pytest.mark.parametrize("choice", ["cilium", "calico-enterprise", "cnp", "gke"])
def test_by_name_without_records_nothing_is_opened_for_certain(choice: str, tmp_path: Path) -> None:
    policy = made(tmp_path, choice, OFFERS / "cluster", resolve="")
    bare = table(str(OFFERS / "cluster"))
    assert difference(bare, table(str(OFFERS / "cluster"), policy)) == (set(), set())
    first = run("why", "-q", str(OFFERS / "cluster"), policy, EXPORTER, "52.48.19.7:443").stdout.splitlines()[0]
    assert "only if" in first
    assert "reports.partner.example" in first


def test_gke_and_the_mesh_are_complete_objects(tmp_path: Path) -> None:
    kinds = {
        "gke": ["NetworkPolicy", "FQDNNetworkPolicy"],
        "istio": ["ServiceEntry", "Sidecar", "NetworkPolicy"],
    }
    for choice, wanted in kinds.items():
        text = Path(made(tmp_path, choice, OFFERS / "cluster")).read_text(encoding="utf-8")
        assert [body["kind"] for body in yaml.safe_load_all(text)] == wanted


def test_by_way_of_a_proxy_only_the_proxy_gets_out(tmp_path: Path) -> None:
    proxy = tmp_path / "proxy.yaml"
    offer = (OFFERS / "by-proxy" / "proxy.yaml").read_text(encoding="utf-8")
    # The proxy itself, without the policies of the offer: these are what the requests are for.
    objects = [body for body in yaml.safe_load_all(offer) if body["kind"] != "NetworkPolicy"]
    proxy.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    inputs = (str(OFFERS / "cluster"), str(proxy))
    policy = made(tmp_path, "networkpolicy", OFFERS / "cluster", proxy, request="through-a-proxy.yaml")
    opened, closed = difference(table(*inputs), table(*inputs, policy))
    assert opened == {f"{EXPORTER} > egress/Deployment/reports-proxy TCP 8443"}
    assert all(line.startswith("egress/Deployment/reports-proxy > ") for line in closed)
    after = table(*inputs, policy)
    outside = {row[1] for row in after if row[0] == "egress/Deployment/reports-proxy" and "/" not in row[1]}
    assert outside == {f"{each}-{each}" for each in ("52.48.12.15", "52.48.19.7", "34.240.8.21")}


@pytest.mark.parametrize("choice", ["cilium", "networkpolicy", "calico", "cnp", "gke"])
def test_the_circle_is_told_and_broken_by_dns_alone(choice: str, tmp_path: Path) -> None:
    result = run(
        "generate", "egress", str(REQUESTS / "reports.yaml"), str(CIRCLE), "--for", choice, "-q", "--resolve", NAMES
    )
    assert "DNS circle: sync/Deployment/exporter may not ask for names" in result.stderr
    path = tmp_path / "made.yaml"
    path.write_text(result.stdout, encoding="utf-8")
    opened, closed = difference(table(str(CIRCLE)), table(str(CIRCLE), str(path)))
    # Names are read without records here, so that only recorded addresses are certain; Cilium's DNS has a condition.
    certain = {"networkpolicy": DNS | ADDRESSES, "calico": DNS | ADDRESSES, "cnp": DNS, "gke": DNS, "cilium": set()}
    assert (opened, closed) == (certain[choice], set())
    others = {line for line in opened if not line.startswith(EXPORTER)}
    assert not others
