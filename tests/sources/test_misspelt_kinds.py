"""A policy whose kind is misspelt is no object to be skipped: it is told, and not counted among what plays no part."""

from __future__ import annotations

import io

import pytest

from ringfence.cluster import Cluster
from ringfence.sources import load_snapshot
from ringfence.sources.policy_kinds import is_policy


def findings(api_version: str, kind: str) -> list[str]:
    text = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: p, namespace: a}}\nspec: {{}}\n"
    cluster = Cluster(load_snapshot(["-"], stdin=io.BytesIO(text.encode())))
    return [finding.code.code for finding in cluster.findings]


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("networking.k8s.io/v1", "NetworkPolciy"),
        ("networking.k8s.io/v1", "networkPolicy"),
        ("cilium.io/v2", "CiliumNetworkPolcy"),
        ("projectcalico.org/v3", "GlobalNetworkPolciy"),
        ("security.istio.io/v1", "AuthorisationPolicy"),
        ("security.istio.oi/v1", "AuthorizationPolicy"),
        ("k8s.ovn.org/v1", "EgressFirewal"),
    ],
)
def test_a_misspelt_kind_is_told(api_version: str, kind: str) -> None:
    codes = findings(api_version, kind)
    assert "RF009" in codes
    assert "RF013" not in codes


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("policy.linkerd.io/v1beta3", "Server"),
        ("policy.linkerd.io/v1beta1", "ServerAuthorization"),
        ("kuma.io/v1alpha1", "MeshTrafficPermission"),
        ("consul.hashicorp.com/v1alpha1", "ServiceIntentions"),
        ("vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy"),
        ("crd.nsx.vmware.com/v1alpha1", "SecurityPolicy"),
    ],
)
def test_a_kind_that_restricts_and_is_not_read_is_told(api_version: str, kind: str) -> None:
    assert "RF116" in findings(api_version, kind)


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("networking.k8s.io", "Ingress"),
        ("networking.k8s.io", "IngressClass"),
        ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"),
        ("networking.istio.io", "VirtualService"),
        ("networking.istio.io", "DestinationRule"),
        ("cilium.io", "CiliumEndpoint"),
        ("cilium.io", "CiliumNode"),
        ("projectcalico.org", "IPPool"),
        ("gateway.networking.k8s.io", "BackendTLSPolicy"),
        ("apps", "Deployment"),
    ],
)
def test_other_kinds_of_the_same_groups_are_no_policies(group: str, kind: str) -> None:
    assert not is_policy(group, kind)
