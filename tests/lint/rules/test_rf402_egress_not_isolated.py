"""RF402: pods may open every connection."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.exposure import DENY, WEB, egress

API = pod("shop/api", "app: api")


def test_a_policy_for_ingress_isolates_no_egress() -> None:
    assert codes(WEB + policy("shop/in", "podSelector: {}"), "RF402") == ["RF402"]


def test_an_empty_egress_list_without_its_type_isolates_no_egress() -> None:
    assert codes(WEB + policy("shop/out", "podSelector: {}, egress: []"), "RF402") == ["RF402"]


def test_of_several_pods_the_open_one_is_named() -> None:
    web = policy("shop/web", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]")
    (finding,) = lint(WEB + API + web, "RF402")
    assert finding.evidence == ("shop/api",)


@pytest.mark.parametrize(
    "manifests",
    [
        WEB + DENY,
        WEB + egress("{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}"),  # RF404 is about it
        WEB + egress("{}"),  # RF403 is about it
        pod("kube-system/x", "app: x"),
    ],
)
def test_isolated_pods_and_those_of_the_system_are_left_alone(manifests: str) -> None:
    assert codes(manifests, "RF402") == []
