"""Incident 1: a default deny cuts DNS, and the ways in which the copied fix fails."""

from __future__ import annotations

import pytest

from tests.incidents.states import change, connections
from tests.incidents.verdicts import check, each

INCIDENT = "01-default-deny-dns"
COREDNS = "kube-system/Deployment/coredns"
DNS = ("UDP 53", "TCP 53")
WORLD = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")

# Who calls whom in production, as the manifests have it: each Service on its pods' port.
CALLS = """
web-frontend: api-gateway
mobile-bff: api-gateway
api-gateway: auth users profiles catalog search recommendations cart checkout reviews returns
auth: users sessions
users: postgres-users
profiles: users media
sessions: redis
feature-flags: redis
catalog: postgres-catalog pricing
pricing: postgres-catalog promotions
promotions: redis
inventory: postgres-catalog
search: elasticsearch
search-indexer: kafka elasticsearch catalog
recommendations: mongodb catalog
reviews: mongodb users
ratings: reviews
media: images
images:
cart: redis catalog pricing
checkout: cart orders payment shipping tax feature-flags
orders: postgres-orders kafka inventory
payment: postgres-orders fraud
fraud: mongodb
tax:
shipping: postgres-orders carriers
carriers:
warehouse: kafka inventory
fulfilment: kafka shipping warehouse
returns: orders payment
refunds: payment
invoices: orders pdf
pdf: templates
templates:
email: kafka
sms: kafka
push: kafka redis
notifications: email sms push templates
audit: kafka mongodb
analytics: kafka mongodb
"""
DATABASES = {
    "postgres-orders": 5432,
    "postgres-users": 5432,
    "postgres-catalog": 5432,
    "redis": 6379,
    "kafka": 9092,
    "mongodb": 27017,
    "elasticsearch": 9200,
}
GRPC = {"pricing", "inventory", "fraud", "tax"}


def callees() -> dict[str, list[str]]:
    lines = (line.partition(":") for line in CALLS.strip().splitlines())
    return {caller: names.split() for caller, _, names in lines}


def workload(name: str) -> str:
    return f"production/{'StatefulSet' if name in DATABASES else 'Deployment'}/{name}"


def port(name: str) -> int:
    return DATABASES.get(name) or (50051 if name in GRPC else 8080)


def test_production_has_forty_services_and_seven_databases() -> None:
    assert len(callees()) == 40
    assert len(DATABASES) == 7
    assert sum(map(len, callees().values())) == 75  # and two by the ingress controller


def test_default_deny_leaves_production_nothing() -> None:
    ends = [row for row in connections(f"{INCIDENT}/forty-services", "broken") if "production/" in row[0] + row[1]]
    # Not even a way in: nobody's ingress is open either.
    assert ends == []


def test_what_is_not_in_production_works_on() -> None:
    check(
        f"{INCIDENT}/forty-services",
        """
        ingress-nginx/Deployment/ingress-nginx-controller > service:kube-system/kube-dns UDP 53: broken yes, fixed yes
        192.0.2.44 > ingress-nginx/Deployment/ingress-nginx-controller TCP 443: broken yes, fixed yes
        kube-system/Deployment/coredns > 10.10.0.2 UDP 53: broken yes, fixed yes
        """,
    )


def test_the_fix_of_forty_services_opens_names_and_known_dependencies_and_nothing_else() -> None:
    everyone = [workload(name) for name in (*callees(), *DATABASES)]
    wanted = each(everyone, COREDNS, *DNS)
    for caller, names in callees().items():
        wanted |= {f"{workload(caller)} > {workload(name)} TCP {port(name)}" for name in names}
    wanted |= {
        f"ingress-nginx/Deployment/ingress-nginx-controller > production/Deployment/{name} TCP 8080"
        for name in ("web-frontend", "mobile-bff")
    }
    wanted |= {
        "production/Deployment/payment > 198.51.100.0-198.51.100.255 TCP 443",
        "production/Deployment/carriers > 203.0.113.64-203.0.113.127 TCP 443",
        "production/Deployment/email > 192.0.2.25 TCP 587",
    }
    assert change(f"{INCIDENT}/forty-services", "broken", "fixed") == (wanted, set())


APPS = {
    "openshift-dns": ("bookings", "portal", "reservations", "reminders", "postgres"),
    "nodelocal-dns": ("tickets", "shop", "seats", "mailer", "postgres"),
    "namespace-label": ("claims", "intake", "adjuster", "letters", "postgres"),
    "udp-only": ("telemetry", "dashboard", "ingest", "rollup", "timescale"),
    "coredns-upstream": ("billing", "console", "ledger", "exporter", "postgres"),
    "single-resolver": ("trading", "terminal", "quotes", "settlement", "postgres"),
}


def everyone(variant: str) -> list[str]:
    namespace, *deployments, database = APPS[variant]
    sets = [f"{namespace}/StatefulSet/{name}" for name in (database, "redis")]
    return [f"{namespace}/Deployment/{name}" for name in deployments] + sets


@pytest.mark.parametrize("variant", APPS)
def test_the_application_of_a_variant_works_but_for_names(variant: str) -> None:
    namespace, web, api, worker, database = APPS[variant]
    for state in ("broken", "fixed"):
        check(
            f"{INCIDENT}/{variant}",
            f"""
            {namespace}/Deployment/{web} > service:{namespace}/{api} TCP 80: {state} yes
            {namespace}/Deployment/{api} > service:{namespace}/{database} TCP 5432: {state} yes
            {namespace}/Deployment/{worker} > service:{namespace}/{database} TCP 5432: {state} yes
            {namespace}/Deployment/{api} > service:{namespace}/redis TCP 6379: {state} yes
            {namespace}/Deployment/{worker} > service:{namespace}/redis TCP 6379: {state} no
            {namespace}/Deployment/{web} > service:{namespace}/{database} TCP 5432: {state} no
            """,
        )


def test_dns_pods_that_listen_on_5353_are_not_reached_by_a_rule_for_53() -> None:
    place = f"{INCIDENT}/openshift-dns"
    check(
        place,
        """
        # Policy sees the pods' port, the Service's is translated before.
        bookings/Deployment/portal > service:openshift-dns/dns-default UDP 53: broken no, fixed yes
        bookings/Deployment/portal > service:openshift-dns/dns-default TCP 53: broken no, fixed yes
        bookings/Deployment/portal > openshift-dns/DaemonSet/dns-default UDP 53: broken yes, fixed no
        bookings/Deployment/portal > openshift-dns/DaemonSet/dns-default TCP 9153: broken no, fixed no
        """,
    )
    pods = "openshift-dns/DaemonSet/dns-default"
    assert change(place, "broken", "fixed") == (
        each(everyone("openshift-dns"), pods, "UDP 5353", "TCP 5353"),
        each(everyone("openshift-dns"), pods, *DNS),
    )


def test_the_cache_on_the_node_is_reached_by_its_address_alone() -> None:
    place = f"{INCIDENT}/nodelocal-dns"
    check(
        place,
        """
        tickets/Deployment/shop > 169.254.20.10 UDP 53: broken no, fixed yes
        tickets/Deployment/shop > 169.254.20.10 TCP 53: broken no, fixed yes
        # CoreDNS itself was never the one that pods ask.
        tickets/Deployment/shop > service:kube-system/kube-dns UDP 53: broken yes, fixed yes
        tickets/Deployment/shop > 169.254.169.254 TCP 80: broken no, fixed no
        """,
    )
    assert change(place, "broken", "fixed") == (each(everyone("nodelocal-dns"), "169.254.20.10", *DNS), set())


def test_a_namespace_has_no_label_name_of_its_own() -> None:
    place = f"{INCIDENT}/namespace-label"
    check(
        place,
        """
        claims/Deployment/intake > service:kube-system/kube-dns UDP 53: broken no, fixed yes
        claims/Deployment/intake > service:kube-system/kube-dns TCP 53: broken no, fixed yes
        claims/Deployment/intake > 8.8.8.8 UDP 53: broken no, fixed no
        """,
    )
    assert change(place, "broken", "fixed") == (each(everyone("namespace-label"), COREDNS, *DNS), set())


def test_long_answers_need_tcp() -> None:
    place = f"{INCIDENT}/udp-only"
    check(
        place,
        """
        telemetry/Deployment/ingest > service:kube-system/kube-dns UDP 53: broken yes, fixed yes
        telemetry/Deployment/ingest > service:kube-system/kube-dns TCP 53: broken no, fixed yes
        """,
    )
    assert change(place, "broken", "fixed") == (each(everyone("udp-only"), COREDNS, "TCP 53"), set())


def test_coredns_that_is_cut_off_answers_its_clients_with_failures() -> None:
    place = f"{INCIDENT}/coredns-upstream"
    check(
        place,
        """
        # Clients reach it all the time: nothing is wrong in their namespace.
        billing/Deployment/console > service:kube-system/kube-dns UDP 53: broken yes, fixed yes
        billing/Deployment/console > service:kube-system/kube-dns TCP 53: broken yes, fixed yes
        kube-system/Deployment/coredns > 10.10.0.2 UDP 53: broken no, fixed yes
        kube-system/Deployment/coredns > 10.10.0.3 TCP 53: broken no, fixed yes
        kube-system/Deployment/coredns > service:default/kubernetes TCP 443: broken no, fixed yes
        kube-system/Deployment/coredns > 8.8.8.8 UDP 53: broken no, fixed no
        kube-system/Deployment/metrics-server > 10.10.0.20 TCP 6443: broken yes, fixed yes
        """,
    )
    assert change(place, "broken", "fixed") == (
        {
            f"{COREDNS} > 10.10.0.2-10.10.0.3 UDP 53",
            f"{COREDNS} > 10.10.0.2-10.10.0.3 TCP 53",
            f"{COREDNS} > 10.10.0.20 TCP 6443",
        },
        set(),
    )


@pytest.mark.parametrize("fix", ["fixed", "fixed-with-tiers", "fixed-with-cilium"])
def test_only_one_resolver_is_left_and_everything_else_is_as_before(fix: str) -> None:
    place = f"{INCIDENT}/single-resolver"
    check(
        place,
        f"""
        trading/Deployment/quotes > 10.0.0.10 UDP 53: broken yes, {fix} yes
        trading/Deployment/quotes > 10.0.0.10 TCP 53: broken yes, {fix} yes
        trading/Deployment/quotes > 8.8.8.8 UDP 53: broken yes, {fix} no
        trading/Deployment/quotes > 8.8.8.8 TCP 53: broken yes, {fix} no
        trading/Deployment/quotes > 1.1.1.1 TCP 853: broken yes, {fix} no
        trading/Deployment/quotes > 1.1.1.1 UDP 853: broken yes, {fix} no
        trading/Deployment/quotes > 2001:4860:4860::8888 UDP 53: broken yes, {fix} no
        trading/Deployment/quotes > service:kube-system/kube-dns UDP 53: broken yes, {fix} no
        # DNS over HTTPS looks like any other HTTPS.
        trading/Deployment/quotes > 1.1.1.1 TCP 443: broken yes, {fix} yes
        trading/Deployment/quotes > 198.51.100.7 TCP 54: broken yes, {fix} yes
        """,
    )
    others = (
        "0.0.0.0-10.0.0.9",
        "10.0.0.11-255.255.255.255",
        WORLD[1],
        COREDNS,
        "ingress-nginx/Deployment/ingress-nginx-controller",
    )
    closed = {line for end in others for line in each(everyone("single-resolver"), end, "UDP 53,853", "TCP 53,853")}
    closed |= each(everyone("single-resolver"), "10.0.0.10", "UDP 853", "TCP 853")
    assert change(place, "broken", fix) == (set(), closed)
