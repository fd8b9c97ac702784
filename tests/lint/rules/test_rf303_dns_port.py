"""RF303: DNS is allowed on a port on which the DNS pods don't listen."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint
from tests.lint.rules.cuts import BOTH, DENY, DNS_RULES, WEB, allow, dns


@pytest.mark.parametrize("ports", [BOTH, "{port: 53, protocol: UDP}", "{port: 53}"])
def test_port_53_of_pods_that_listen_on_another_is_told_at_the_rule(ports: str) -> None:
    (finding,) = lint(dns(5353) + WEB + DENY + allow(ports), *DNS_RULES)
    assert finding.code.code == "RF303"
    assert "which listen on TCP 5353 UDP 5353" in finding.what


@pytest.mark.parametrize(
    "ports", ["{port: 5353, protocol: UDP}, {port: 5353}", "{port: dns, protocol: UDP}, {port: dns-tcp}"]
)
def test_the_real_port_or_its_name_is_right(ports: str) -> None:
    assert codes(dns(5353) + WEB + DENY + allow(ports), *DNS_RULES) == []
