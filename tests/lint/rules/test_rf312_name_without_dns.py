"""RF312: egress is allowed by name to pods that can't resolve names."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint, namespace
from tests.lint.rules.cuts import BOTH, DENY, WEB, allow, dns

BY_NAME = (
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: names}\n"
    "spec: {tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {team: red}}}, "
    "egress: [{action: Accept, to: [{domainNames: [api.example.com]}]}]}\n---\n"
)
SHOP = namespace("shop", team="red")


def test_a_rule_by_name_without_dns_is_a_circle() -> None:
    (finding,) = lint(SHOP + dns() + WEB + BY_NAME + DENY, "RF312")
    assert "allows egress to api.example.com, and shop/web and shop/job can't resolve names" in finding.what


def test_the_circle_shows_without_dns_pods_in_the_input_too() -> None:
    assert codes(SHOP + WEB + BY_NAME + DENY, "RF312") == ["RF312"]
    assert codes(SHOP + WEB + BY_NAME + DENY + allow(BOTH, "{namespaceSelector: {}}"), "RF312") == []


@pytest.mark.parametrize("policies", [DENY + allow(BOTH), ""])
def test_a_rule_by_name_with_dns_is_left_alone(policies: str) -> None:
    assert codes(SHOP + dns() + WEB + BY_NAME + policies, "RF312") == []


TO_KUBE_DNS = (
    "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, "
    "podSelector: {matchLabels: {k8s-app: kube-dns}}}"
)


def test_a_rule_for_dns_pods_that_the_input_lacks_is_believed() -> None:
    """Policies of a repository seldom come with the pods of kube-system."""
    assert codes(SHOP + WEB + BY_NAME + DENY + allow(BOTH, TO_KUBE_DNS), "RF312") == []


def test_a_rule_for_another_port_of_pods_that_the_input_lacks_is_no_dns() -> None:
    other = "{port: 5432, protocol: TCP}"
    assert codes(SHOP + WEB + BY_NAME + DENY + allow(other, TO_KUBE_DNS), "RF312") == ["RF312"]
