"""RF501: a rule lies within another rule and adds nothing."""

from __future__ import annotations

import pytest
from hypothesis import given

from ringfence.engine.difference import compare
from ringfence.lint.context import LintContext
from ringfence.lint.redundancy import redundancy, without_rule
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from tests.lint.linting import codes, lint, pod, policy
from tests.lint.rules.redundancy import FROM_WEB, PODS, api
from tests.strategies import policy_sets, snapshots


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


def test_a_policy_of_another_namespace_contains_nothing() -> None:
    other = pod("ops/api", "app: api") + policy("ops/all", "podSelector: {}, ingress: [{}]")
    assert codes(PODS + other + api(FROM_WEB), "RF5") == []


def test_rules_for_icmp_are_within_rules_for_icmp_alone() -> None:
    """Ports of every protocol hold no message, a type holds its codes, and a rule without ports holds all."""
    text = """---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ping, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - {fromEndpoints: [{}], toPorts: [{ports: [{port: "0", protocol: ANY}]}]}
  - {fromEndpoints: [{}], icmps: [{fields: [{type: 8}, {type: 3}]}]}
  - {fromEndpoints: [{matchLabels: {app: web}}], icmps: [{fields: [{type: EchoRequest}]}]}
"""
    (finding,) = lint(PODS + text, "RF501")
    assert "Ingress rule 3 of shop/CiliumNetworkPolicy/ping adds nothing: ingress rule 2" in finding.what


@given(snapshots(), policy_sets())
def test_what_is_found_can_be_taken_away(snapshot: Snapshot, policies: PolicySet) -> None:
    context = LintContext(snapshot, policies)
    found = redundancy(context)
    for _, gone, _ in (*found.equal, *found.idle):
        assert not compare(context.exact, context.exact.with_policies([gone], []))
    for container in found.contained:
        assert without_rule(context, container.inner)
