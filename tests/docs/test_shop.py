"""The shop says what its README says: verdicts worked out by hand from its manifests."""

from __future__ import annotations

import csv
import io

import pytest

from tests.docs.paths import ROOT, shell

FRONTEND = "shop/Deployment/frontend"
CHECKOUT = "shop/Deployment/checkout"
CART = "shop/Deployment/cart"
SEARCH = "shop/Deployment/search"
EMAIL = "shop/Deployment/email-worker"
REPORTS = "shop/CronJob/reports"
PAYMENTS = "payments/Deployment/payments"
FRAUD = "payments/Deployment/fraud"
POSTGRES = "data/StatefulSet/postgres"
REDIS = "data/StatefulSet/redis"
CONTROLLER = "ingress-nginx/Deployment/ingress-nginx-controller"
PROMETHEUS = "monitoring/StatefulSet/prometheus"
GRAFANA = "monitoring/Deployment/grafana"
NODE_EXPORTER = "monitoring/DaemonSet/node-exporter"
COREDNS = "kube-system/Deployment/coredns"
CUSTOMER = "192.0.2.44"

YES, NO = "allowed", "blocked"

# source, destination, protocol, port: egress, ingress
TABLE = [
    # The way of a customer's request works.
    (CUSTOMER, CONTROLLER, "TCP", 443, YES, YES),
    (CONTROLLER, FRONTEND, "TCP", 3000, YES, YES),
    (FRONTEND, "shop/Deployment/catalog", "TCP", 8080, YES, YES),
    (FRONTEND, CHECKOUT, "TCP", 8080, YES, YES),
    (CHECKOUT, "shop/Deployment/inventory", "TCP", 50051, YES, YES),
    ("shop/Deployment/orders", POSTGRES, "TCP", 5432, YES, YES),
    (CART, REDIS, "TCP", 6379, YES, YES),
    # Nobody goes round the ingress controller.
    (CUSTOMER, FRONTEND, "TCP", 3000, YES, NO),
    # Broken: the policy of payments wants a label that checkout's pods lack.
    (CHECKOUT, PAYMENTS, "TCP", 8443, YES, NO),
    # A Service is judged by its pods' port; the Service's own port is nobody's.
    (CHECKOUT, "service:payments/payments", "TCP", 443, YES, NO),
    (CHECKOUT, PAYMENTS, "TCP", 443, NO, NO),
    # Broken: DNS is allowed to the Service's port, the pods listen on 8053.
    (PAYMENTS, COREDNS, "UDP", 8053, NO, YES),
    (FRAUD, COREDNS, "TCP", 8053, NO, YES),
    (FRAUD, COREDNS, "UDP", 53, YES, YES),
    (CART, COREDNS, "UDP", 8053, YES, YES),
    (CART, "service:kube-system/kube-dns", "UDP", 53, YES, YES),
    (FRAUD, "service:kube-system/kube-dns", "UDP", 53, NO, YES),
    # Broken: search admits the Service's port; its pods listen on 9000.
    (FRONTEND, SEARCH, "TCP", 9000, YES, NO),
    (FRONTEND, SEARCH, "TCP", 80, NO, YES),
    # Broken: databases may be scraped from namespaces with a label that monitoring lacks. Elsewhere scraping works,
    # on a named port that is each pod's own.
    (PROMETHEUS, POSTGRES, "TCP", 9187, YES, NO),
    (PROMETHEUS, "data/StatefulSet/rabbitmq", "TCP", 15692, YES, NO),
    (PROMETHEUS, FRONTEND, "TCP", 9464, YES, YES),
    (PROMETHEUS, CONTROLLER, "TCP", 10254, YES, YES),
    # Too open: redis admits all of the shop; their own egress is what stops most of them, but not the reports.
    (REPORTS, REDIS, "TCP", 6379, YES, YES),
    (REPORTS, POSTGRES, "TCP", 5432, YES, YES),
    (REPORTS, POSTGRES, "TCP", 9187, YES, NO),
    (FRONTEND, REDIS, "TCP", 6379, NO, YES),
    (FRAUD, REDIS, "TCP", 6379, YES, YES),
    (PAYMENTS, REDIS, "TCP", 6379, NO, NO),
    # Too open: the host network is outside NetworkPolicy.
    (PROMETHEUS, NODE_EXPORTER, "TCP", 9100, YES, YES),
    (CONTROLLER, NODE_EXPORTER, "TCP", 9100, YES, YES),
    (CUSTOMER, NODE_EXPORTER, "TCP", 9100, YES, YES),
    (FRONTEND, NODE_EXPORTER, "TCP", 9100, NO, YES),
    # Ways out, each to its own addresses and ports.
    (PAYMENTS, "198.51.100.10", "TCP", 443, YES, YES),
    (PAYMENTS, "198.51.100.13", "TCP", 443, NO, YES),
    (PAYMENTS, "198.51.101.10", "TCP", 443, NO, YES),
    (EMAIL, "203.0.113.25", "TCP", 587, YES, YES),
    (EMAIL, "203.0.113.25", "TCP", 25, NO, YES),
    (REPORTS, "203.0.113.99", "TCP", 443, YES, YES),
    (REPORTS, "10.1.2.3", "TCP", 443, NO, YES),
    (REPORTS, "2001:db8::1", "TCP", 443, NO, YES),
    # The Admin tier comes before NetworkPolicy: no tenant reaches the metadata address, no stranger the databases.
    (REPORTS, "169.254.169.254", "TCP", 443, NO, YES),
    (CONTROLLER, "169.254.169.254", "TCP", 80, YES, YES),
    (CONTROLLER, POSTGRES, "TCP", 5432, YES, NO),
    # The Baseline tier guards monitoring, which has no policy of its own.
    (CONTROLLER, GRAFANA, "TCP", 3000, YES, YES),
    (CONTROLLER, PROMETHEUS, "TCP", 9090, YES, NO),
    (GRAFANA, PROMETHEUS, "TCP", 9090, YES, YES),
    (CUSTOMER, GRAFANA, "TCP", 3000, YES, YES),
]
# The last row: "namespaces: {}" means pods, so addresses outside the cluster aren't denied by the Baseline tier.


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, str, str, str], dict[str, str]]:
    """The answers to the whole table, asked at once."""
    queries = "src,dst,protocol,port\n" + "".join(f"{s},{d},{proto},{port}\n" for s, d, proto, port, _, _ in TABLE)
    result = shell("ringfence verdict examples/shop --queries - -o csv", stdin=queries)
    assert result.returncode in (0, 1), result.stderr
    rows = csv.DictReader(io.StringIO(result.stdout))
    return {(row["src"], row["dst"], row["protocol"], row["port"]): row for row in rows}


@pytest.mark.parametrize(
    ("source", "destination", "protocol", "port", "egress", "ingress"),
    TABLE,
    ids=[f"{s}-{d}:{port}" for s, d, _, port, _, _ in TABLE],
)
def test_the_shop_allows_what_its_manifests_say(
    source: str,
    destination: str,
    protocol: str,
    port: int,
    egress: str,
    ingress: str,
    answers: dict[tuple[str, str, str, str], dict[str, str]],
) -> None:
    row = answers[source, destination, protocol, str(port)]
    assert (row["egress"], row["ingress"]) == (egress, ingress)
    assert row["verdict"] == (YES if (egress, ingress) == (YES, YES) else NO)


def test_the_demo_succeeds_and_explains_the_cut() -> None:
    result = shell("examples/shop/demo")
    assert result.returncode == 0, result.stderr
    assert "1/3" in result.stdout
    assert "3/3" in result.stdout
    assert "payments/policies.yaml" in result.stdout
    assert "tier" in result.stdout.split("3/3")[1]


def test_the_readme_lists_each_policy_file_that_it_blames() -> None:
    text = (ROOT / "examples/shop/README.md").read_text(encoding="utf-8")
    for name in ("payments/policies.yaml", "shop/policies.yaml", "data/policies.yaml", "monitoring/policies.yaml"):
        assert name in text
        assert (ROOT / "examples/shop" / name).is_file()
