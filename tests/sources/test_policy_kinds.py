from __future__ import annotations

import pytest

from ringfence.sources.policy_kinds import is_cluster_scoped, is_policy
from tests.sources.loading import load_text, of_code

POLICIES = [
    ("networking.k8s.io", "NetworkPolicy", False),
    ("extensions", "NetworkPolicy", False),
    ("policy.networking.k8s.io", "AdminNetworkPolicy", True),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy", True),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy", True),
    ("cilium.io", "CiliumNetworkPolicy", False),
    ("cilium.io", "CiliumClusterwideNetworkPolicy", True),
    ("cilium.io", "CiliumCIDRGroup", True),
    ("projectcalico.org", "NetworkPolicy", False),
    ("crd.projectcalico.org", "GlobalNetworkPolicy", True),
    ("projectcalico.org", "StagedGlobalNetworkPolicy", True),
    ("projectcalico.org", "EgressPolicy", False),
    ("projectcalico.org", "Tier", True),
    ("projectcalico.org", "GlobalNetworkSet", True),
    ("security.istio.io", "AuthorizationPolicy", False),
    ("networking.istio.io", "Sidecar", False),
    ("networking.istio.io", "ServiceEntry", False),
    ("crd.antrea.io", "ClusterNetworkPolicy", True),
    ("k8s.ovn.org", "EgressFirewall", False),
    ("networking.gke.io", "FQDNNetworkPolicy", False),
    ("unheard.of", "SuperNetworkPolicy", False),
]

OTHERS = [
    ("policy", "PodDisruptionBudget"),
    ("policy", "PodSecurityPolicy"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("kyverno.io", "ClusterPolicy"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "IngressClass"),
    ("gateway.networking.k8s.io", "BackendTLSPolicy"),
    ("cilium.io", "CiliumEndpoint"),
    ("projectcalico.org", "IPPool"),
    ("networking.istio.io", "VirtualService"),
    ("", "ConfigMap"),
]


@pytest.mark.parametrize(("group", "kind", "cluster"), POLICIES)
def test_a_policy_is_handed_on(group: str, kind: str, cluster: bool) -> None:
    assert is_policy(group, kind)
    assert is_cluster_scoped(group, kind) is cluster


@pytest.mark.parametrize(("group", "kind"), OTHERS)
def test_what_decides_no_connection_between_pods_is_not(group: str, kind: str) -> None:
    assert not is_policy(group, kind)


def test_the_namespace_of_a_policy_is_default_or_none_at_all() -> None:
    text = "apiVersion: {}\nkind: {}\nmetadata: {{name: x}}\nspec: {{}}\n---\n"
    snapshot = load_text(
        text.format("networking.k8s.io/v1", "NetworkPolicy")
        + text.format("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy").replace(
            "name: x", "name: x, namespace: other"
        )
    )
    assert [str(policy.ref) for policy in snapshot.policies] == ["default/NetworkPolicy/x", "AdminNetworkPolicy/x"]
    assert set(snapshot.namespaces) == {"default"}


def test_policies_of_one_name_in_two_groups_are_two_and_the_old_group_is_the_same_policy() -> None:
    text = "apiVersion: {}\nkind: NetworkPolicy\nmetadata: {{name: x}}\nspec: {{}}\n---\n"
    apart = load_text(text.format("networking.k8s.io/v1") + text.format("projectcalico.org/v3"))
    assert len(apart.policies) == 2
    same = load_text(text.format("networking.k8s.io/v1") + text.format("extensions/v1beta1"))
    assert len(same.policies) == 1
    assert len(of_code(same, "RF008")) == 1
