"""``ringfence fix`` on the incidents: what it prints can be applied, and opens what is wanted and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.incidents.applying import apply, copy
from tests.incidents.states import INCIDENTS, connections, difference, paths, table

BACKEND = "shop/Deployment/frontend > shop/Deployment/backend TCP 8080"

# Place, source, destination, and all that the best fix may open.
WANTED = [
    (
        "01-default-deny-dns/forty-services",
        "production/Deployment/cart",
        "service:kube-system/kube-dns:53/UDP",
        {
            "production/Deployment/cart > kube-system/Deployment/coredns UDP 53",
            "production/Deployment/cart > kube-system/Deployment/coredns TCP 53",
        },
    ),
    (
        "01-default-deny-dns/forty-services",
        "production/Deployment/cart",
        "service:production/redis:6379",
        {"production/Deployment/cart > production/StatefulSet/redis TCP 6379"},
    ),
    (
        "01-default-deny-dns/nodelocal-dns",
        "tickets/Deployment/shop",
        "169.254.20.10:53/UDP",
        {"tickets/Deployment/shop > 169.254.20.10 UDP 53", "tickets/Deployment/shop > 169.254.20.10 TCP 53"},
    ),
    (
        "01-default-deny-dns/udp-only",
        "telemetry/Deployment/ingest",
        "service:kube-system/kube-dns:53",
        {"telemetry/Deployment/ingest > kube-system/Deployment/coredns TCP 53"},
    ),
    (
        "01-default-deny-dns/coredns-upstream",
        "kube-system/Deployment/coredns",
        "10.10.0.2:53/UDP",
        {"kube-system/Deployment/coredns > 10.10.0.2 UDP 53", "kube-system/Deployment/coredns > 10.10.0.2 TCP 53"},
    ),
    (
        "02-now-and-then/service-between",
        "payments/Deployment/payment",
        "service:payments/provider:443",
        {"payments/Deployment/payment > 52.49.200.31 TCP 443"},
    ),
    (
        "02-now-and-then/proxy-not-allowed",
        "payments/Deployment/payment",
        "service:egress/egress-proxy:3128",
        {"payments/Deployment/payment > egress/Deployment/egress-proxy TCP 3128"},
    ),
    (
        "02-now-and-then/proxy-cut",
        "egress/Deployment/egress-proxy",
        "52.48.12.15:443",
        {"egress/Deployment/egress-proxy > 52.48.12.15 TCP 443"},
    ),
    ("03-looks-right/egress-peer", "shop/Deployment/frontend", "service:shop/backend:80", {BACKEND}),
    ("03-looks-right/ingress-peer", "shop/Deployment/frontend", "service:shop/backend:80", {BACKEND}),
    ("03-looks-right/ingress-subject", "shop/Deployment/frontend", "service:shop/backend:80", {BACKEND}),
    (
        "03-looks-right/namespace-label",
        "web/Deployment/frontend",
        "service:api/backend:80",
        {"web/Deployment/frontend > api/Deployment/backend TCP 8080"},
    ),
    (
        "05-fifteen-teams/changed-label",
        "mobile/Deployment/mobile-api",
        "service:identity/identity-api:80",
        {"mobile/Deployment/mobile-api > identity/Deployment/identity-api TCP 8080"},
    ),
    (
        "05-fifteen-teams/shared-service",
        "orders/Deployment/orders-api",
        "service:shared/kafka:9092",
        {"orders/Deployment/orders-api > shared/StatefulSet/kafka TCP 9092"},
    ),
    (
        "07-moving-addresses/invalid-range",
        "sync/Deployment/exporter",
        "52.48.19.7:443",
        {"sync/Deployment/exporter > 52.48.19.7 TCP 443"},
    ),
    (
        "07-moving-addresses/not-covered",
        "sync/Deployment/exporter",
        "52.48.19.7:443",
        {"sync/Deployment/exporter > 52.48.19.7 TCP 443"},
    ),
    (
        "07-moving-addresses/dns-circle",
        "sync/Deployment/exporter",
        "service:kube-system/kube-dns:53/UDP",
        {
            "sync/Deployment/exporter > kube-system/Deployment/coredns UDP 53",
            "sync/Deployment/exporter > kube-system/Deployment/coredns TCP 53",
        },
    ),
    (
        "02-now-and-then/two-namespaces",
        "payments-west/Deployment/payment",
        "52.48.12.15:443",
        {"payments-west/Deployment/payment > 52.48.12.15 TCP 443"},
    ),
]


@pytest.mark.parametrize(("place", "source", "destination", "opened"), WANTED)
def test_the_best_fix_can_be_applied_and_opens_only_what_is_wanted(
    place: str, source: str, destination: str, opened: set[str], tmp_path: Path
) -> None:
    printed = run("fix", "-q", *paths(place, "broken"), source, destination, "-o", "manifest")
    assert printed.exit_code == 0, printed.stdout
    directory = copy(place, "broken", tmp_path)
    apply(directory, printed.stdout)
    assert run("why", "-q", str(directory), source, destination).exit_code == 0
    assert difference(connections(place, "broken"), table(str(directory))) == (opened, set())


@pytest.mark.parametrize("variant", ["egress-peer", "ingress-peer"])
def test_the_selector_in_the_users_file_is_relaxed_and_the_rest_stays(variant: str, tmp_path: Path) -> None:
    place = f"03-looks-right/{variant}"
    directory = copy(place, "broken", tmp_path)
    done = run("fix", "-q", str(directory), "shop/Deployment/frontend", "service:shop/backend:80", "--write", "-y")
    assert done.exit_code == 0, done.stdout
    # What a person would have written by hand.
    wanted = (INCIDENTS / place / "fixed" / "policy.yaml").read_text(encoding="utf-8")
    assert (directory / "broken" / "policy.yaml").read_text(encoding="utf-8") == wanted


def test_labelling_the_template_is_offered_and_never_the_running_pod() -> None:
    inputs = paths("03-looks-right/egress-peer", "broken")
    shown = run("fix", "-q", "--all", *inputs, "shop/Deployment/frontend", "service:shop/backend:80").stdout
    assert "Add the label `tier=api` to the pod template of shop/Deployment/backend." in shown
    assert "label pod" not in shown


# A way out of tenant A, and all that closing it may cut: the same address, for the pods that the same rule serves.
UNWANTED = [
    ("unselected-pods", "tenant-a/Deployment/importer", {"tenant-a/Deployment/importer > 103.21.4.50 TCP 443"}),
    ("later-stage", "tenant-a/Deployment/jobs", {"tenant-a/Deployment/jobs > 103.21.4.50 TCP 443"}),
    (
        "except-range",
        "tenant-a/Deployment/jobs",
        {
            "tenant-a/Deployment/jobs > 103.21.4.50 TCP 443",
            "tenant-a/Deployment/web > 103.21.4.50 TCP 443",
            "tenant-a/StatefulSet/postgres > 103.21.4.50 TCP 443",
        },
    ),
    ("namespace-label", "tenant-a/Deployment/jobs", {"tenant-a/Deployment/jobs > 103.21.4.50 TCP 443"}),
    ("shared-proxy", "egress/Deployment/squid", {"egress/Deployment/squid > 103.21.4.50 TCP 80,443"}),
]


@pytest.mark.parametrize(("variant", "source", "closed"), UNWANTED)
def test_an_unwanted_way_out_is_closed_and_what_else_breaks_is_known(
    variant: str, source: str, closed: set[str], tmp_path: Path
) -> None:
    place = f"04-tenant-egress/{variant}"
    printed = run("fix", "-q", "--deny", *paths(place, "broken"), source, "103.21.4.50:443", "-o", "manifest")
    assert printed.exit_code == 0, printed.stdout
    directory = copy(place, "broken", tmp_path)
    apply(directory, printed.stdout)
    assert run("why", "-q", str(directory), source, "103.21.4.50:443").exit_code == 1
    assert difference(connections(place, "broken"), table(str(directory))) == (set(), closed)


# A guard with a slip, the connection that it was meant to close, and what is said of it.
GUARDS = [
    (
        "08-reached-anyway/selects-nothing",
        "service:vault/vault:8200",
        "vault/vault-guard would deny it, but it selects no pod: its podSelector asks for label `app=valut`",
    ),
    (
        "08-reached-anyway/wrong-namespace",
        "service:vault/vault:8200",
        "default/vault-guard would deny it, but it is in namespace default, where it selects no pod",
    ),
    (
        "08-reached-anyway/no-policy-types",
        "198.51.100.7:443",
        "analytics/reports-stays-in would deny it, but its policyTypes leave out Egress",
    ),
]


@pytest.mark.parametrize(("place", "destination", "said"), GUARDS)
def test_a_guard_with_a_slip_is_named_and_corrected_as_by_hand(
    place: str, destination: str, said: str, tmp_path: Path
) -> None:
    directory = copy(place, "broken", tmp_path)
    ask = ("fix", "-q", "--deny", str(directory), "analytics/Deployment/reports", destination)
    assert said in run(*ask).stdout
    done = run(*ask, "--write", "-y")
    assert done.exit_code == 0, done.stdout
    assert difference(connections(place, "fixed"), table(str(directory))) == (set(), set())


def test_a_policy_that_pods_lack_a_label_for_is_named_and_offered() -> None:
    inputs = paths("04-tenant-egress/unselected-pods", "broken")
    shown = run("fix", "-q", "--all", "--deny", *inputs, "tenant-a/Deployment/importer", "103.21.4.50:443").stdout
    assert "Cause: NetworkPolicy tenant-a/deny-external-egress would deny it, but its podSelector asks for" in shown
    assert "Don't ask for `part-of=tenant-a` in the podSelector of NetworkPolicy tenant-a/deny-ext" in shown
    assert "Add the label `part-of=tenant-a` to the pod template of tenant-a/Deployment/importer" in shown


def test_the_empty_subject_of_a_tier_is_the_cause_and_is_narrowed_as_by_hand(tmp_path: Path) -> None:
    place = "05-fifteen-teams/cluster-scoped"
    directory = copy(place, "broken", tmp_path)
    ask = ("fix", "-q", str(directory), "mobile/Deployment/mobile-api", "service:identity/identity-api:80")
    assert "the policy's subject is empty, so it holds in every namespace" in run(*ask).stdout
    assert run(*ask, "--write", "-y").exit_code == 0
    assert difference(connections(place, "fixed"), table(str(directory))) == (set(), set())


def test_the_label_that_was_changed_is_the_cause() -> None:
    ends = ("mobile/Deployment/mobile-api", "service:identity/identity-api:80")
    shown = run("why", "-q", *paths("05-fifteen-teams/changed-label", "broken"), *ends).stdout
    assert "asks for label `tier=frontend`, but `tier=edge` is set on namespace mobile." in shown


@pytest.mark.parametrize(
    ("place", "source", "destination", "said"),
    [
        ("04-tenant-egress/host-network", "tenant-a/DaemonSet/log-agent", "103.21.4.50:443", "off the host network"),
        ("08-reached-anyway/host-network", "analytics/reports-0", "vault/vault-0:8200", "node that runs a pod"),
    ],
)
def test_what_no_policy_can_deny_is_said(place: str, source: str, destination: str, said: str) -> None:
    result = run("fix", "-q", "--deny", *paths(place, "broken"), source, destination)
    assert result.exit_code == 1
    assert said in result.stdout


def test_the_port_of_a_dns_rule_is_corrected_for_both_protocols_before_anything_is_added() -> None:
    state = [str(path) for path in paths("01-default-deny-dns/openshift-dns", "broken")]
    text = run("fix", *state, "bookings/Deployment/portal", "service:openshift-dns/dns-default:53/UDP").stdout
    assert "  Correct UDP 53 and TCP 53 to UDP 5353 and TCP 5353, the pods' port, in NetworkPolicy bookings/" in text
    assert "Note: This way is first although others open less:" in text
