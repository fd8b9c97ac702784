"""The rules about cuts and exposure fire on the incidents they are for, and no longer on the fix."""

from __future__ import annotations

import pytest

from tests.incidents.test_lint import findings

# Place, rule, words that the finding must have.
FIRES = [
    ("01-default-deny-dns/forty-services", "RF301", "production/NetworkPolicy/default-deny-all cuts"),
    ("01-default-deny-dns/forty-services", "RF306", "production/NetworkPolicy/default-deny-all cuts"),
    ("01-default-deny-dns/forty-services", "RF308", "keeps the ingress controller from"),
    ("01-default-deny-dns/namespace-label", "RF301", "off from DNS"),
    ("01-default-deny-dns/udp-only", "RF302", "by UDP, and nothing does by TCP"),
    ("01-default-deny-dns/openshift-dns", "RF303", "which listen on TCP 5353 UDP 5353"),
    ("01-default-deny-dns/nodelocal-dns", "RF304", "169.254.20.10"),
    ("01-default-deny-dns/coredns-upstream", "RF305", "kube-system/NetworkPolicy/default-deny"),
    ("01-default-deny-dns/coredns-upstream", "RF311", "from the API server"),
    ("03-looks-right/ingress-peer", "RF306", "shop/Deployment/frontend from service:shop/backend"),
    ("04-tenant-egress/shared-proxy", "RF410", "can reach egress/Deployment/squid, which may"),
    ("04-tenant-egress/host-network", "RF408", "tenant-a/NetworkPolicy/deny-external-egress seems to select"),
    ("02-now-and-then/replicas", "RF210", "`version=v41`"),
    ("04-tenant-egress/except-range", "RF404", "to 99.99 % of the public IPv4 addresses on TCP 443"),
    ("05-fifteen-teams/cluster-scoped", "RF301", "by denying them at the DNS pods"),
    ("08-reached-anyway/host-network", "RF408", "reaches vault/StatefulSet/vault there"),
    ("07-moving-addresses/too-wide", "RF411", "52.0.0.0/8"),
    ("07-moving-addresses/dns-circle", "RF312", "can't resolve names"),
]


@pytest.mark.parametrize(("place", "code", "words"), FIRES)
def test_a_rule_fires_on_what_is_broken_and_not_on_the_fix(place: str, code: str, words: str) -> None:
    assert any(words in what for what in findings(place, "broken", code))
    assert findings(place, "fixed", code) == []
