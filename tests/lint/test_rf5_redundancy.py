"""RF5xx: what lies within what, for any pod that may come; each finding is checked by taking the thing away."""

from __future__ import annotations

import pytest
from hypothesis import given

from ringfence.engine.difference import compare
from ringfence.lint.context import LintContext
from ringfence.lint.redundancy import redundancy, shadowed, without_rule
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from tests.lint.linting import codes, lint, namespace, pod, policy
from tests.strategies import policy_sets, snapshots

PODS = pod("shop/web", "app: web", ports="{containerPort: 80, name: http}") + pod("shop/api", "app: api, tier: back")
FROM_WEB = "{from: [{podSelector: {matchLabels: {app: web}}}]}"


def api(rules: str, name: str = "api", selector: str = "{matchLabels: {app: api}}") -> str:
    return policy(f"shop/{name}", f"podSelector: {selector}, ingress: [{rules}]")


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}", FROM_WEB),
        ("{from: [{podSelector: {matchLabels: {app: web, tier: x}}}]}", FROM_WEB),
        (FROM_WEB, "{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [web, job]}]}}]}"),
        (FROM_WEB, "{from: [{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}]}"),
        (FROM_WEB, "{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [job]}]}}]}"),
        (FROM_WEB, "{from: [{podSelector: {}}]}"),
        (FROM_WEB, "{from: [{namespaceSelector: {}}]}"),
        (FROM_WEB, "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}"),
        (FROM_WEB, "{}"),
        ("{from: [{ipBlock: {cidr: 10.1.0.0/16}}]}", "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}}]}"),
        ("{ports: [{port: 80}, {port: 443}]}", "{ports: [{port: 1, endPort: 1000}]}"),
        ("{ports: [{port: http}]}", "{ports: [{port: http}, {port: 53, protocol: UDP}]}"),
    ],
)
def test_a_rule_within_another_is_told_with_the_place_of_the_other(inner: str, outer: str) -> None:
    (finding,) = lint(PODS + api(f"{inner}, {outer}"), "RF501")
    assert "Ingress rule 1 of shop/NetworkPolicy/api adds nothing: ingress rule 2 allows" in finding.what
    assert finding.evidence[0].startswith("within: shop/NetworkPolicy/api ")


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        # The ports differ, or one lets in whom the other doesn't.
        ("{ports: [{port: 80}]}", "{ports: [{port: 81}]}"),
        (FROM_WEB, "{from: [{podSelector: {matchLabels: {app: job}}}]}"),
        (FROM_WEB, "{from: [{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}]}"),
        # All pods of today have 10.0.0.0/8 addresses or none: tomorrow's may not.
        (FROM_WEB, "{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}"),
        # A named port may have another number on a pod to come.
        ("{ports: [{port: http}]}", "{ports: [{port: 80}]}"),
        ("{from: [{ipBlock: {cidr: 10.2.1.0/24}}]}", "{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16]}}]}"),
        # Both match the same pod today, by other labels.
        ("{from: [{podSelector: {matchLabels: {tier: back}}}]}", "{from: [{podSelector: {matchLabels: {app: api}}}]}"),
    ],
)
def test_rules_that_differ_for_some_pod_of_tomorrow_are_left_alone(inner: str, outer: str) -> None:
    assert codes(PODS + api(f"{inner}, {outer}"), "RF5") == []


def test_two_equal_rules_are_told_once() -> None:
    assert codes(PODS + api(f"{FROM_WEB}, {FROM_WEB}"), "RF5") == ["RF501"]


def test_a_rule_within_one_of_a_wider_policy_is_told() -> None:
    both = api(f"{FROM_WEB}, {{ports: [{{port: 1}}]}}") + api(FROM_WEB, "all", "{}")
    (finding,) = lint(PODS + both, "RF5")
    assert finding.code.code == "RF501"
    assert "ingress rule 1 of shop/NetworkPolicy/all allows all of it" in finding.what


def test_a_rule_within_one_of_a_policy_for_other_pods_is_left_alone() -> None:
    both = api(f"{FROM_WEB}, {{ports: [{{port: 1}}]}}") + api("{}", "web", "{matchLabels: {app: web}}")
    assert codes(PODS + both, "RF5") == []


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


def test_a_policy_of_another_namespace_contains_nothing() -> None:
    other = pod("ops/api", "app: api") + policy("ops/all", "podSelector: {}, ingress: [{}]")
    assert codes(PODS + other + api(FROM_WEB), "RF5") == []


def test_policies_that_say_the_same_in_another_order_are_equal() -> None:
    one = api(f"{FROM_WEB}, {{ports: [{{port: 1}}]}}")
    two = api(f"{{ports: [{{port: 1}}]}}, {FROM_WEB}", "again")
    (finding,) = lint(PODS + one + two, "RF5")
    assert finding.code.code == "RF504"


def test_policies_that_select_no_pod_are_told_as_that() -> None:
    twins = api(FROM_WEB, "a", "{matchLabels: {app: x}}") + api(FROM_WEB, "b", "{matchLabels: {app: x}}")
    assert codes(PODS + twins, "RF5") == []


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
def test_what_is_found_can_be_taken_away(snapshot: Snapshot, policies: PolicySet) -> None:
    context = LintContext(snapshot, policies)
    found = redundancy(context)
    for _, gone, _ in (*found.equal, *found.idle):
        assert not compare(context.engine, context.engine.with_policies([gone], []))
    for container in found.contained:
        assert without_rule(context, container.inner)


@given(snapshots(), policy_sets())
def test_a_rule_that_is_shadowed_can_be_taken_away(snapshot: Snapshot, policies: PolicySet) -> None:
    context = LintContext(snapshot, policies)
    for placed, _ in shadowed(context):
        assert without_rule(context, placed)
