"""``ringfence fix --dependencies`` on the incidents: one command restores all, and states what else it opens."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from tests.cli.running import run
from tests.incidents.applying import apply, copy
from tests.incidents.states import connections, difference, paths, table
from tests.incidents.test_01_default_deny_dns import COREDNS, DATABASES, DNS, callees, port, workload
from tests.incidents.verdicts import each

FORTY = "01-default-deny-dns/forty-services"
INGRESS = "ingress-nginx/Deployment/ingress-nginx-controller"


def known() -> set[str]:
    """Every call between the services, DNS for all, and the two ways in: as a person lists them."""
    wanted = each([workload(name) for name in (*callees(), *DATABASES)], COREDNS, *DNS)
    for caller, names in callees().items():
        wanted |= {f"{workload(caller)} > {workload(name)} TCP {port(name)}" for name in names}
    return wanted | {f"{INGRESS} > production/Deployment/{name} TCP 8080" for name in ("web-frontend", "mobile-bff")}


def test_one_command_restores_every_known_dependency_of_forty_services_and_nothing_else(tmp_path: Path) -> None:
    printed = run("fix", "-q", *paths(FORTY, "broken"), "--dependencies", "-o", "manifest")
    assert printed.exit_code == 0, printed.stderr
    assert "beyond what is wanted they open nothing and close nothing" in printed.stderr
    bodies = list(yaml.safe_load_all(printed.stdout))
    # One for names, and one for each workload that calls or is called: not one for each of the 77 dependencies.
    calls = {end for line in known() if "coredns" not in line for end in line.split(" TCP ")[0].split(" > ")} - {
        INGRESS
    }
    assert len(bodies) == 1 + len(calls)
    assert bodies[0]["metadata"]["name"] == "allow-dns"
    directory = copy(FORTY, "broken", tmp_path)
    apply(directory, printed.stdout)
    assert difference(connections(FORTY, "broken"), table(str(directory))) == (known(), set())
    assert "There is nothing to fix" in run("fix", str(directory), "--dependencies").stdout


def test_the_same_from_a_list_with_the_addresses_that_no_manifest_shows(tmp_path: Path) -> None:
    outside = {
        "production/Deployment/payment > 198.51.100.7 TCP 443",
        "production/Deployment/email > 192.0.2.25 TCP 587",
    }
    rows = [line.replace(" > ", " ").split() for line in sorted(known() | outside)]
    path = tmp_path / "wanted.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["src", "dst", "protocol", "port"])
        writer.writerows(rows)
    printed = run("fix", "-q", *paths(FORTY, "broken"), "--wanted", str(path), "-o", "manifest")
    assert printed.exit_code == 0, printed.stderr
    directory = copy(FORTY, "broken", tmp_path)
    apply(directory, printed.stdout)
    assert difference(connections(FORTY, "broken"), table(str(directory))) == (known() | outside, set())


# Place, and the one change that restores all that is needed there.
ONE = [
    ("01-default-deny-dns/openshift-dns", "Correct UDP 53 and TCP 53 to UDP 5353 and TCP 5353"),
    ("01-default-deny-dns/nodelocal-dns", "Add 169.254.20.10 to the peers of NetworkPolicy tickets/allow-dns"),
    ("01-default-deny-dns/udp-only", "Allow TCP 53 too in NetworkPolicy telemetry/allow-dns"),
    ("03-looks-right/egress-peer", "Don't ask for `tier=api` in NetworkPolicy shop/frontend"),
    ("05-fifteen-teams/cluster-scoped", "Narrow the subject of ClusterNetworkPolicy fraud-isolation"),
    ("05-fifteen-teams/changed-label", "Change the label `tier=edge` of namespace mobile to `tier=frontend`"),
    ("05-fifteen-teams/shared-service", "Add NetworkPolicy shared/allow-kafka"),
    ("07-moving-addresses/dns-circle", "Add NetworkPolicy sync/allow-dns"),
]


@pytest.mark.parametrize(("place", "said"), ONE)
def test_one_change_restores_all_that_is_needed(place: str, said: str) -> None:
    result = run("fix", "-q", *paths(place, "broken"), "--dependencies")
    assert result.exit_code == 0
    assert "1 change restores" in result.stdout
    assert said in result.stdout


def test_dns_pods_get_back_the_resolvers_of_their_corefile_and_the_api_server(tmp_path: Path) -> None:
    place = "01-default-deny-dns/coredns-upstream"
    printed = run("fix", "-q", *paths(place, "broken"), "--dependencies", "-o", "manifest")
    assert printed.exit_code == 0, printed.stderr
    directory = copy(place, "broken", tmp_path)
    apply(directory, printed.stdout)
    opened, closed = difference(connections(place, "broken"), table(str(directory)))
    resolvers = {f"{COREDNS} > 10.10.0.2-10.10.0.3 {port}" for port in DNS}
    assert (opened - resolvers, closed) == ({f"{COREDNS} > 10.10.0.20 TCP 6443"}, set())
    assert resolvers <= opened


def test_the_narrowed_subject_gives_back_what_the_fix_by_hand_does(tmp_path: Path) -> None:
    place = "05-fifteen-teams/cluster-scoped"
    directory = copy(place, "broken", tmp_path)
    done = run("fix", "-q", str(directory), "--dependencies", "--write", "-y")
    assert done.exit_code == 0, done.stderr
    assert difference(connections(place, "fixed"), table(str(directory))) == (set(), set())
