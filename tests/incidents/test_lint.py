"""The rules that must fire on an incident fire there, and no longer on its fix."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import run
from tests.incidents.states import paths

# Place, rule, words that the finding must have.
FIRES = [
    ("01-default-deny-dns/forty-services", "RF301", "production/NetworkPolicy/default-deny-all"),
    ("01-default-deny-dns/forty-services", "RF306", "production/NetworkPolicy/default-deny-all"),
    ("01-default-deny-dns/namespace-label", "RF301", "claims"),
    ("01-default-deny-dns/udp-only", "RF302", "telemetry/NetworkPolicy/allow-dns"),
    ("01-default-deny-dns/openshift-dns", "RF303", "5353"),
    ("01-default-deny-dns/nodelocal-dns", "RF304", "169.254.20.10"),
    ("01-default-deny-dns/coredns-upstream", "RF305", "kube-system/Deployment/coredns"),
    ("01-default-deny-dns/coredns-upstream", "RF311", "kube-system/Deployment/coredns from the API server"),
    ("03-looks-right/egress-peer", "RF306", "service:shop/backend"),
    ("03-looks-right/namespace-label", "RF306", "service:api/backend"),
    ("05-fifteen-teams/cluster-scoped", "RF301", "fraud-isolation"),
    ("05-fifteen-teams/changed-label", "RF306", "service:identity/identity-api"),
    ("05-fifteen-teams/shared-service", "RF306", "shared/NetworkPolicy/kafka-ads"),
    ("05-fifteen-teams/shared-service", "RF309", "shared/StatefulSet/kafka"),
    ("07-moving-addresses/dns-circle", "RF312", "reports.partner.example"),
    ("01-default-deny-dns/namespace-label", "RF204", "`name=kube-system`"),
    ("01-default-deny-dns/openshift-dns", "RF206", "5353"),
    ("03-looks-right/egress-peer", "RF203", "`tier=api`"),
    ("03-looks-right/ingress-peer", "RF203", "`tier=web`"),
    ("03-looks-right/ingress-subject", "RF203", "`tier=api`"),
    ("03-looks-right/namespace-label", "RF203", "`env=production`"),
    ("07-moving-addresses/invalid-range", "RF103", "503.0.0.0/8"),
    ("01-default-deny-dns/single-resolver", "RF403", "trading/NetworkPolicy/egress"),
    ("04-tenant-egress/unselected-pods", "RF402", "tenant-a/Deployment/importer is not isolated"),
    ("04-tenant-egress/host-network", "RF408", "tenant-a/DaemonSet/log-agent"),
    ("04-tenant-egress/later-stage", "RF404", "tenant-a/NetworkPolicy/allow-https"),
    ("04-tenant-egress/shared-proxy", "RF410", "can reach egress/Deployment/squid, which may"),
    ("07-moving-addresses/too-wide", "RF411", "52.0.0.0/8"),
    ("08-reached-anyway/selects-nothing", "RF203", "app=valut"),
    ("08-reached-anyway/wrong-namespace", "RF201", "vault"),
    ("08-reached-anyway/no-policy-types", "RF108", "policyTypes"),
]


def findings(place: str, state: str, code: str) -> list[str]:
    """What one rule says about a place."""
    result = run("lint", *paths(place, state), "--select", code, "-o", "json")
    return [finding["what"] for finding in json.loads(result.stdout)["findings"]]


@pytest.mark.parametrize(("place", "code", "words"), FIRES)
def test_a_rule_fires_on_what_is_broken_and_not_on_the_fix(place: str, code: str, words: str) -> None:
    assert any(words in what for what in findings(place, "broken", code))
    assert not any(words in what for what in findings(place, "fixed", code))
