"""What becomes of objects by their API group, version and kind."""

from __future__ import annotations

import pytest

from ringfence.dialects.registry import DIALECTS, NOT_ENFORCING, NOT_EVALUATED
from ringfence.model.errors import QueryError
from tests.dialects.reading import read


def document(api_version: str, kind: str, name: str = "p", spec: str = "{}") -> str:
    return f"---\napiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: a}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("projectcalico.org/v3", "EgressPolicy", "projectcalico.org has GlobalNetworkPolicy and NetworkPolicy."),
        ("networking.k8s.io/v1", "NetworkPolicies", "Did you mean networking.k8s.io/v1 NetworkPolicy?"),
        ("networking/v1", "NetworkPolicy", "Did you mean networking.k8s.io/v1 NetworkPolicy?"),
        ("v1", "NetworkPolicy", "Did you mean networking.k8s.io/v1 NetworkPolicy?"),
        (
            "networking.k8s.io/v1",
            "AdminNetworkPolicy",
            "Did you mean policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy?",
        ),
        ("cilium.io/v2", "CiliumNetworkPolicies", "Did you mean cilium.io/v2 CiliumNetworkPolicy?"),
        ("networking.k8s.io/v1", "NetworkPolciy", "Did you mean networking.k8s.io/v1 NetworkPolicy?"),
        ("networking.k8s.io/v1", "networkpolicy", "Did you mean networking.k8s.io/v1 NetworkPolicy?"),
        ("cilium.io/v2", "CiliumNetworkPolcy", "Did you mean cilium.io/v2 CiliumNetworkPolicy?"),
        ("security.istio.oi/v1", "AuthorizationPolicy", "Did you mean security.istio.io/v1 AuthorizationPolicy?"),
        ("security.istio.io/v1", "AuthorisationPolicy", "Did you mean security.istio.io/v1 AuthorizationPolicy?"),
        ("security.istio.io/v1", "PeerAuthentification", "Did you mean security.istio.io/v1 PeerAuthentication?"),
        ("k8s.ovn.org/v1", "EgressFirewal", "Did you mean k8s.ovn.org/v1 EgressFirewall?"),
    ],
)
def test_an_unknown_kind_that_looks_like_a_policy_is_a_finding(api_version: str, kind: str, hint: str) -> None:
    policies, (finding,) = read(document(api_version, kind))
    assert (finding.code.code, finding.hint) == ("RF009", hint)
    assert finding.origin.position.line == 3
    assert not list(policies.policies())


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("extensions/v1beta1", "NetworkPolicy", "Write apiVersion: networking.k8s.io/v1."),
        ("networking.k8s.io/v1beta1", "NetworkPolicy", "Write apiVersion: networking.k8s.io/v1."),
        (
            "policy.networking.k8s.io/v1alpha1",
            "ClusterNetworkPolicy",
            "Write apiVersion: policy.networking.k8s.io/v1alpha2.",
        ),
    ],
)
def test_a_version_that_is_not_read_is_a_finding(api_version: str, kind: str, hint: str) -> None:
    policies, (finding,) = read(document(api_version, kind))
    assert (finding.code.code, finding.hint) == ("RF114", hint)
    assert not list(policies.policies())


def test_a_kind_that_is_not_evaluated_is_one_finding_however_many_objects() -> None:
    antrea = ("crd.antrea.io/v1beta1", "NetworkPolicy")
    text = document(*antrea, "a", "{priority: 5}") + document(*antrea, "b", "{priority: 6}")
    _, (finding,) = read(text + document("cilium.io/v2", "CiliumLocalRedirectPolicy"))
    assert finding.code.code == "RF116"
    assert "2 objects" in finding.what


@pytest.mark.parametrize("kind", ["PodSecurityPolicy", "ValidatingAdmissionPolicy", "BackendTLSPolicy"])
def test_policies_of_other_trades_are_none_of_our_business(kind: str) -> None:
    assert read(document("policy.example.com/v1", kind))[1] == ()


def test_no_kind_is_in_two_tables() -> None:
    assert not set(DIALECTS) & NOT_EVALUATED
    assert not set(DIALECTS) & NOT_ENFORCING
    assert not NOT_EVALUATED & NOT_ENFORCING


def test_an_unknown_cni_is_refused() -> None:
    with pytest.raises(QueryError, match="weave"):
        read("", cni="weave")


def test_stages_come_in_the_order_they_are_judged() -> None:
    body = "{{tier: {}, priority: 1, subject: {{namespaces: {{}}}}, egress: []}}"
    text = ""
    for tier in ("Baseline", "Admin"):
        text += "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n"
        text += f"metadata: {{name: {tier.lower()}}}\nspec: {body.format(tier)}\n"
    text += "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    text += "metadata: {name: p, namespace: a}\nspec: {podSelector: {}}\n"
    (layer,) = read(text)[0].layers
    assert [(stage.name, str(stage.kind.value)) for stage in layer.stages] == [
        ("admin", "ordered"),
        ("networkpolicy", "additive"),
        ("baseline", "ordered"),
    ]


def test_policies_of_an_ordered_stage_are_sorted_by_priority_then_name() -> None:
    text = ""
    for name, priority in (("z", 1), ("b", 2), ("a", 2), ("y", 10)):
        text += "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n"
        text += f"metadata: {{name: {name}}}\nspec: {{priority: {priority}, subject: {{namespaces: {{}}}}}}\n"
    policies, findings = read(text)
    assert [policy.ref.name for policy in policies.policies()] == ["z", "a", "b", "y"]
    assert [(finding.code.code, str(finding.subject)) for finding in findings] == [("RF109", "AdminNetworkPolicy/b")]
