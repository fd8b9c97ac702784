"""RF406: a rule lets pods reach the cloud's metadata address."""

from __future__ import annotations

import pytest

from tests.lint.linting import codes, lint
from tests.lint.rules.exposure import DENY, WEB, egress


@pytest.mark.parametrize("cidr", ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254/32", "160.0.0.0/4", "fd00::/8"])
def test_a_range_around_the_metadata_address_is_told(cidr: str) -> None:
    assert codes(WEB + egress(f"{{to: [{{ipBlock: {{cidr: '{cidr}'}}}}]}}"), "RF406") == ["RF406"]


@pytest.mark.parametrize(
    "rules",
    [
        "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}",
        "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}",
        "{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
    ],
)
def test_a_rule_that_keeps_the_metadata_address_out_is_left_alone(rules: str) -> None:
    assert codes(WEB + egress(rules), "RF406") == []


def test_an_exception_of_one_rule_does_not_bind_another() -> None:
    rules = "{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}, {ports: [{port: 80}]}"
    (finding,) = lint(WEB + egress(rules), "RF406")
    assert finding.origin.path.startswith("spec.egress[1]")


CLUSTER = (
    "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: out}}\n"
    "spec: {{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, egress: [{}]}}\n---\n"
)
ADMIN = (
    "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {{name: out}}\n"
    "spec: {{priority: 1, subject: {{namespaces: {{}}}}, egress: [{}]}}\n---\n"
)
DENY_METADATA = "{action: Deny, to: [{networks: [169.254.169.254/32]}]}"


@pytest.mark.parametrize(("form", "action"), [(CLUSTER, "Accept"), (ADMIN, "Allow")])
def test_networks_have_no_except_so_a_deny_goes_before(form: str, action: str) -> None:
    allow = f"{{action: {action}, to: [{{networks: [0.0.0.0/0]}}]}}"
    (finding,) = lint(WEB + DENY + form.format(allow), "RF406")
    assert finding.hint == "Put a rule with action Deny for 169.254.169.254/32 before it."
    # What the hint says is right.
    assert codes(WEB + DENY + form.format(f"{DENY_METADATA}, {allow}"), "RF406") == []


def test_an_ip_block_has_except() -> None:
    (finding,) = lint(WEB + egress("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}"), "RF406")
    assert finding.hint == "Add except: [169.254.169.254/32] to the range."
