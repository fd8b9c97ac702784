"""RF410: pods that may not reach the Internet can reach a proxy that may."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.exposure import WEB, egress

SQUID = pod("egress/squid", "app: squid", ports="{containerPort: 3128}")
INSIDE = egress("{to: [{namespaceSelector: {}}]}")


def test_a_proxy_that_gets_out_is_a_way_out() -> None:
    (finding,) = lint(SQUID + WEB + INSIDE, "RF410")
    assert finding.what == "1 workload that may not reach the Internet can reach egress/squid, which may."


@pytest.mark.parametrize(
    "manifests",
    [
        # The proxy can't get out; nobody may reach it; who reaches it may go out anyway; it is no proxy.
        SQUID + WEB + INSIDE + policy("egress/out", "podSelector: {}, policyTypes: [Egress]"),
        SQUID + WEB + INSIDE + policy("egress/in", "podSelector: {}"),
        SQUID + WEB + egress("{to: [{namespaceSelector: {}}]}, {to: [{ipBlock: {cidr: 8.0.0.0/8}}]}"),
        SQUID.replace("squid", "cache").replace("3128", "80") + WEB + INSIDE,
    ],
)
def test_no_way_out_no_finding(manifests: str) -> None:
    assert codes(manifests, "RF410") == []
