"""RF503: a rule of a tier is never reached: an earlier rule decides all of its traffic."""

from __future__ import annotations

import pytest
from hypothesis import given

from ringfence.lint.context import LintContext
from ringfence.lint.redundancy import shadowed, without_rule
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from tests.lint.linting import codes, lint, namespace, pod
from tests.lint.rules.redundancy import PODS
from tests.strategies import policy_sets, snapshots


def tier(name: str, priority: int, *rules: str, subject: str = "namespaces: {}", stage: str = "Admin") -> str:
    return (
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n"
        f"metadata: {{name: {name}}}\nspec: {{tier: {stage}, priority: {priority}, subject: {{{subject}}}, "
        f"egress: [{', '.join(rules)}]}}\n---\n"
    )


DENY_WEB = "{action: Deny, to: [{networks: [10.0.0.0/24]}]}"
WIDE = "{action: Accept, to: [{networks: [10.0.0.0/8]}]}"


def test_a_rule_after_a_wider_one_is_never_reached() -> None:
    (finding,) = lint(PODS + tier("one", 1, WIDE, DENY_WEB), "RF5")
    assert finding.code.code == "RF503"
    assert "rule 1 of the same policy" in finding.what


def test_a_rule_of_a_later_policy_is_never_reached_either() -> None:
    (finding,) = lint(PODS + tier("late", 5, DENY_WEB) + tier("early", 1, WIDE), "RF5")
    assert "of ClusterNetworkPolicy/late is never reached: rule 1 of ClusterNetworkPolicy/early" in finding.what


@pytest.mark.parametrize(
    "policies",
    [
        tier("one", 1, DENY_WEB, WIDE),
        tier("one", 1, WIDE, "{action: Deny, to: [{networks: [11.0.0.0/8]}]}"),
        # Another tier has its own order.
        tier("one", 1, WIDE) + tier("two", 1, DENY_WEB, stage="Baseline"),
        # The earlier policy is for fewer pods.
        tier("one", 1, WIDE, subject="namespaces: {matchLabels: {a: b}}") + tier("two", 2, DENY_WEB),
        # A name is certain of nothing.
        tier("one", 1, "{action: Accept, to: [{domainNames: [example.com]}]}", DENY_WEB),
    ],
)
def test_a_rule_that_some_traffic_reaches_is_left_alone(policies: str) -> None:
    assert codes(namespace("shop", a="b") + namespace("ops") + PODS + pod("ops/x", "a: b") + policies, "RF503") == []


@given(snapshots(), policy_sets())
def test_a_rule_that_is_shadowed_can_be_taken_away(snapshot: Snapshot, policies: PolicySet) -> None:
    context = LintContext(snapshot, policies)
    for placed, _ in shadowed(context):
        assert without_rule(context, placed)
