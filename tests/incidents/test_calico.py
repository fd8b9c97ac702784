"""What Calico's own policies offer in incidents 1, 5 and 7: the engine holds each to its counterpart in another API."""

from __future__ import annotations

from tests.cli.running import run
from tests.incidents.states import INCIDENTS, cluster, connections, difference, table
from tests.incidents.test_07_moving_addresses import ADDRESSES, EXPORTER

RESOLVER = "01-default-deny-dns/single-resolver"
HIERARCHY = INCIDENTS / "05-fifteen-teams" / "hierarchy"
OFFERS = "07-moving-addresses/offers"


def test_one_resolver_in_calicos_tiers_is_one_resolver_in_the_admin_tier() -> None:
    # Log decides nothing: with and without it the same is allowed.
    assert set(connections(RESOLVER, "fixed-with-calico")) == set(connections(RESOLVER, "fixed-with-tiers"))


def test_what_generate_prints_for_calico_cuts_other_resolvers_and_says_nothing_is_unverified() -> None:
    place = INCIDENTS / RESOLVER
    inputs = [str(place / "cluster"), str(place / "broken")]
    printed = run("generate", "allow-dns", *inputs, "-n", "trading", "--resolver", "10.0.0.10", "--dialect", "calico")
    assert printed.exit_code == 0
    assert "not verified" not in printed.stdout
    assert "action: Log" in printed.stdout
    for end, expected in (("10.0.0.10:53/UDP", 0), ("8.8.8.8:53/UDP", 1), ("1.1.1.1:853", 1), ("1.1.1.1:443", 0)):
        asked = run("why", *inputs, "-", "trading/Deployment/quotes", end, stdin=printed.stdout)
        assert asked.exit_code == expected, end


def test_guard_rails_by_tiers_say_what_the_cluster_network_policies_say() -> None:
    teams, base = str(HIERARCHY / "proposed" / "team-policies.yaml"), str(HIERARCHY / "cluster")
    calico = table(base, teams, str(HIERARCHY / "proposed-calico"))
    assert difference(table(base, str(HIERARCHY / "proposed")), calico) == (set(), set())


def test_a_team_that_denies_everything_keeps_what_the_guard_rails_give_it() -> None:
    base = [str(HIERARCHY / "cluster"), str(HIERARCHY / "proposed" / "team-policies.yaml")]
    base.append(str(HIERARCHY / "proposed-calico"))
    attempt = str(HIERARCHY / "attempt")
    admin = table(str(HIERARCHY / "cluster"), str(HIERARCHY / "proposed"), attempt)
    assert difference(admin, table(*base, attempt)) == (set(), set())
    opened, closed = difference(table(*base), table(*base, attempt))
    assert opened == set()
    assert closed
    assert all("search/Deployment/search-api" in line for line in closed)


def test_a_network_set_opens_the_addresses_in_it_and_nothing_else() -> None:
    rows = [row for row in connections(OFFERS, "by-network-set") if row[0] == EXPORTER]
    assert rows == [row for row in connections(OFFERS, "by-address-set") if row[0] == EXPORTER]
    offered = cluster(OFFERS, "by-network-set")
    assert all(offered.verdict(EXPORTER, address, 443).allowed for address in ADDRESSES)
    assert not offered.verdict(EXPORTER, "52.48.12.16", 443).allowed


def test_names_of_calico_enterprise_are_a_condition_and_open_source_is_told() -> None:
    offered = cluster(OFFERS, "by-name-calico-enterprise")
    verdict = offered.verdict(EXPORTER, ADDRESSES[0], 443)
    assert (verdict.allowed, verdict.conditional) == (False, True)
    assert any(finding.code.code == "RF122" for finding in offered.findings)
