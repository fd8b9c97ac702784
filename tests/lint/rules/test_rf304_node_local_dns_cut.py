"""RF304: NodeLocal DNSCache is not allowed, though the DNS pods are."""

from __future__ import annotations

from tests.lint.linting import codes
from tests.lint.rules.cuts import BOTH, DNS_RULES, NODE_LOCAL, WEB, allow, dns


def test_the_node_local_cache_must_be_allowed_by_address() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH), *DNS_RULES) == ["RF304"]
    address = f", {{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], ports: [{BOTH}]}}"
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH, more=address), *DNS_RULES) == []


def test_the_cache_alone_is_enough() -> None:
    assert codes(dns() + NODE_LOCAL + WEB + allow(BOTH, "{ipBlock: {cidr: 169.254.20.10/32}}"), *DNS_RULES) == []
