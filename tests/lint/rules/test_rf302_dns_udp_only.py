"""RF302: DNS is allowed by UDP only."""

from __future__ import annotations

from tests.lint.linting import codes, lint
from tests.lint.rules.cuts import DENY, DNS_RULES, WEB, allow, dns


def test_udp_alone_is_told_at_the_rule() -> None:
    (finding,) = lint(dns() + WEB + DENY + allow("{port: 53, protocol: UDP}"), *DNS_RULES)
    assert finding.code.code == "RF302"
    assert finding.origin.path == "spec.egress[0]"


def test_tcp_in_another_rule_is_enough() -> None:
    both = allow("{port: 53, protocol: UDP}") + allow("{port: 53}", name="tcp")
    assert codes(dns() + WEB + both, *DNS_RULES) == []
