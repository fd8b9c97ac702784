"""Incident 5: fifteen teams share a cluster, and one team's policy breaks another."""

from __future__ import annotations

from tests.incidents.states import INCIDENTS, change, cluster, connections, difference, table
from tests.incidents.verdicts import check, each

INCIDENT = "05-fifteen-teams"
COREDNS = "kube-system/Deployment/coredns"
PROMETHEUS = "observability/StatefulSet/prometheus"
SYSLOG = "observability/Deployment/syslog"
KAFKA = "shared/StatefulSet/kafka"
ALL = ("TCP 1-65535", "UDP 1-65535", "SCTP 1-65535")

# Whom each team's service calls.
CALLS = {
    "accounts": "identity",
    "ads": "catalog",
    "billing": "accounts payments",
    "catalog": "",
    "content": "media",
    "fraud": "accounts",
    "identity": "",
    "logistics": "orders",
    "media": "",
    "mobile": "identity orders search",
    "orders": "payments catalog",
    "partners": "identity orders",
    "payments": "fraud",
    "reporting": "billing orders",
    "search": "catalog",
}


def api(team: str) -> str:
    return f"{team}/Deployment/{team}-api"


EVERY_API = [api(team) for team in CALLS]
CALLED = {f"{api(team)} > {api(other)} TCP 8080" for team, others in CALLS.items() for other in others.split()}


def test_fifteen_teams_have_a_namespace_each() -> None:
    labels = [
        entry.labels.get("team")
        for entry in cluster(f"{INCIDENT}/cluster-scoped", "fixed").snapshot.namespaces.values()
    ]
    assert sorted(label for label in labels if label and label != "platform") == sorted(CALLS)


def test_a_cluster_scoped_policy_with_an_empty_subject_cuts_every_team() -> None:
    place = f"{INCIDENT}/cluster-scoped"
    check(
        place,
        """
        # Meant: only payments reaches fraud.
        payments/Deployment/payments-api > service:fraud/fraud-api TCP 80: broken yes, fixed yes
        ads/Deployment/ads-api > fraud/Deployment/fraud-api TCP 8080: broken no, fixed no
        # Not meant: everyone else.
        mobile/Deployment/mobile-api > service:identity/identity-api TCP 80: broken no, fixed yes
        accounts/Deployment/accounts-api > service:kube-system/kube-dns UDP 53: broken no, fixed yes
        catalog/Deployment/catalog-api > service:shared/kafka TCP 9092: broken no, fixed yes
        observability/StatefulSet/prometheus > search/Deployment/search-api TCP 9090: broken yes, fixed yes
        # And it opens what nobody asked for: its Accept holds in every namespace.
        payments/Deployment/payments-api > catalog/Deployment/catalog-api TCP 8080: broken yes, fixed no
        """,
    )
    opened, closed = change(place, "broken", "fixed")
    # Every call between teams is back, but those of payments to fraud, which never went.
    assert {line for line in opened if "-api > " in line and line.endswith("-api TCP 8080")} == CALLED - {
        f"{api('payments')} > {api('fraud')} TCP 8080"
    }
    # Names, the broker and observability, which no policy guards, are back for all; so are they for one another.
    shared = {line for end in (COREDNS, KAFKA, SYSLOG, PROMETHEUS) for line in each(EVERY_API, end, *ALL)}
    assert shared - opened == each([api("payments")], COREDNS, "TCP 1-65535") | each(
        [api("payments")], KAFKA, "TCP 1-65535"
    ) | each([api("payments")], SYSLOG, "TCP 1-65535") | each([api("payments")], PROMETHEUS, "TCP 1-65535")
    assert each([api("payments")], COREDNS, "TCP 1-8079,8081-65535") <= opened
    # Closed is only what its Accept gave payments by accident.
    assert closed == {
        f"{api('payments')} > {api(team)} TCP 8080" for team in CALLS if team not in ("payments", "fraud")
    }


def test_a_changed_label_of_the_own_namespace_cuts_the_own_calls() -> None:
    place = f"{INCIDENT}/changed-label"
    check(
        place,
        """
        mobile/Deployment/mobile-api > service:identity/identity-api TCP 80: before yes, broken no, fixed yes
        partners/Deployment/partners-api > service:identity/identity-api TCP 80: before yes, broken yes, fixed yes
        mobile/Deployment/mobile-api > service:orders/orders-api TCP 80: before yes, broken yes, fixed yes
        """,
    )
    lost = {f"{api('mobile')} > {api('identity')} TCP 8080"}
    assert change(place, "before", "broken") == (set(), lost)
    assert change(place, "broken", "fixed") == (lost, set())
    assert change(place, "before", "fixed") == (set(), set())


def test_the_first_policy_of_a_shared_service_shuts_out_whom_it_does_not_name() -> None:
    place = f"{INCIDENT}/shared-service"
    check(
        place,
        """
        ads/Deployment/ads-api > service:shared/kafka TCP 9092: broken yes, fixed yes
        orders/Deployment/orders-api > service:shared/kafka TCP 9092: broken no, fixed yes
        observability/StatefulSet/prometheus > shared/StatefulSet/kafka TCP 9090: broken no, fixed yes
        # It stays guarded: its other ports are for its brokers.
        orders/Deployment/orders-api > shared/StatefulSet/kafka TCP 9093: broken no, fixed no
        kube-system/Deployment/coredns > shared/StatefulSet/kafka TCP 9092: broken no, fixed no
        """,
    )
    teams = [api(team) for team in CALLS if team != "ads"]
    opened = each(teams, KAFKA, "TCP 9092") | each([PROMETHEUS], KAFKA, "TCP 9090")
    assert change(place, "broken", "fixed") == (opened, set())


def test_the_hierarchy_lets_in_callers_and_metrics_and_nobody_else() -> None:
    into_teams = {
        (source, destination, protocol, ports)
        for source, destination, protocol, ports in connections(f"{INCIDENT}/hierarchy", "proposed")
        if destination.endswith("-api") and "/" in source
    }
    wanted = {f"{PROMETHEUS} > {api(team)} TCP 9090" for team in (*CALLS, "warehouse")} | CALLED
    lines = {f"{s} > {d} {protocol} {ports.partition('-')[0]}" for s, d, protocol, ports in into_teams}
    assert lines == wanted
    assert all(ports in ("8080-8080", "9090-9090") for *_, ports in into_teams)


def test_the_hierarchy_holds_for_a_namespace_without_a_policy() -> None:
    check(
        f"{INCIDENT}/hierarchy",
        """
        # The Baseline tier closes the new team's door; what it calls is open as far as the others let it in.
        ads/Deployment/ads-api > warehouse/Deployment/warehouse-api TCP 8080: proposed no
        warehouse/Deployment/warehouse-api > service:kube-system/kube-dns UDP 53: proposed yes
        warehouse/Deployment/warehouse-api > service:observability/syslog TCP 5140: proposed yes
        observability/StatefulSet/prometheus > warehouse/Deployment/warehouse-api TCP 9090: proposed yes
        warehouse/Deployment/warehouse-api > service:orders/orders-api TCP 80: proposed no
        # No team opens the metadata address, which hands out the node's credentials.
        warehouse/Deployment/warehouse-api > 169.254.169.254 TCP 80: proposed no
        search/Deployment/search-api > 169.254.169.254 TCP 80: proposed no
        """,
    )


def test_a_team_that_denies_everything_keeps_names_logs_and_metrics() -> None:
    base = [str(INCIDENTS / INCIDENT / "hierarchy" / name) for name in ("cluster", "proposed")]
    attempt = str(INCIDENTS / INCIDENT / "hierarchy" / "attempt")
    opened, closed = difference(table(*base), table(*base, attempt))
    assert opened == set()
    search = api("search")
    left = {row for row in table(*base, attempt) if search in row[:2]}
    assert left == {
        (search, COREDNS, "TCP", "53-53"),
        (search, COREDNS, "UDP", "53-53"),
        (search, SYSLOG, "TCP", "5140-5140"),
        (PROMETHEUS, search, "TCP", "9090-9090"),
        # Policies add up: one that denies everything takes away nothing that the team's other policy allows.
        (api("mobile"), search, "TCP", "8080-8080"),
    }
    # Nobody else's connections are touched.
    assert all(search in line for line in closed)
