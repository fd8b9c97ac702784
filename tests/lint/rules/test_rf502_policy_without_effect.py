"""RF502: a policy has no effect: others isolate the same pods and allow everything that it allows."""

from __future__ import annotations

from tests.lint.linting import codes, lint, policy
from tests.lint.rules.redundancy import FROM_WEB, PODS, api


def test_a_policy_within_a_wider_one_has_no_effect_and_its_rules_are_not_told_again() -> None:
    (finding,) = lint(PODS + api(FROM_WEB) + api("{from: [{podSelector: {}}]}", "all", "{}"), "RF5")
    assert finding.code.code == "RF502"
    assert "shop/NetworkPolicy/api has no effect: shop/NetworkPolicy/all isolates" in finding.what


def test_a_default_deny_beside_a_policy_for_every_pod_is_left_alone() -> None:
    deny = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress, Egress]")
    assert codes(PODS + deny + api(FROM_WEB, "all", "{}"), "RF5") == []


def test_a_policy_that_alone_isolates_one_direction_has_an_effect() -> None:
    egress = policy("shop/api", "podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress, Egress], ingress: [{}]")
    assert "RF502" not in codes(PODS + egress + api("{}", "all", "{}"), "RF5")
