"""Which table describes which kind. A table is imported when the first object of its kind is checked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module

from ringfence.dialects.schema.shapes import Schema

_CALICO: Mapping[str, str] = {
    "NetworkPolicy": "calico.NETWORK_POLICY",
    "GlobalNetworkPolicy": "calico.GLOBAL_NETWORK_POLICY",
    "StagedNetworkPolicy": "calico.STAGED_NETWORK_POLICY",
    "StagedGlobalNetworkPolicy": "calico.STAGED_GLOBAL_NETWORK_POLICY",
    "StagedKubernetesNetworkPolicy": "calico.STAGED_KUBERNETES_NETWORK_POLICY",
    "Tier": "calico.TIER",
    "NetworkSet": "calico.NETWORK_SET",
    "GlobalNetworkSet": "calico.NETWORK_SET",
    "HostEndpoint": "calico.HOST_ENDPOINT",
    "Profile": "calico.PROFILE",
}

_TABLES: Mapping[str, Mapping[str, str]] = {
    "networking.k8s.io": {"NetworkPolicy": "kubernetes.NETWORK_POLICY"},
    "k8s.cni.cncf.io": {"MultiNetworkPolicy": "kubernetes.MULTI_NETWORK_POLICY"},
    "policy.networking.k8s.io": {
        "ClusterNetworkPolicy": "kubernetes.CLUSTER_NETWORK_POLICY",
        "AdminNetworkPolicy": "kubernetes.ADMIN_NETWORK_POLICY",
        "BaselineAdminNetworkPolicy": "kubernetes.ADMIN_NETWORK_POLICY",
    },
    "cilium.io": {
        "CiliumNetworkPolicy": "cilium.POLICY",
        "CiliumClusterwideNetworkPolicy": "cilium.POLICY",
        "CiliumCIDRGroup": "cilium.CIDR_GROUP",
    },
    "projectcalico.org": _CALICO,
    "crd.projectcalico.org": _CALICO,
    "security.istio.io": {
        "AuthorizationPolicy": "istio.AUTHORIZATION_POLICY",
        "PeerAuthentication": "istio.PEER_AUTHENTICATION",
        "RequestAuthentication": "istio.REQUEST_AUTHENTICATION",
    },
    "networking.istio.io": {"Sidecar": "istio.SIDECAR", "ServiceEntry": "istio.SERVICE_ENTRY"},
    "crd.antrea.io": {
        "NetworkPolicy": "antrea.POLICY",
        "ClusterNetworkPolicy": "antrea.POLICY",
        "Tier": "antrea.TIER",
        "Group": "antrea.GROUP",
        "ClusterGroup": "antrea.GROUP",
    },
    "k8s.ovn.org": {"EgressFirewall": "ovn.EGRESS_FIREWALL"},
    "network.openshift.io": {"EgressNetworkPolicy": "ovn.EGRESS_NETWORK_POLICY"},
    "networking.gke.io": {"FQDNNetworkPolicy": "clouds.FQDN_NETWORK_POLICY"},
    "networking.k8s.aws": {
        "ApplicationNetworkPolicy": "clouds.APPLICATION_NETWORK_POLICY",
        "ClusterNetworkPolicy": "clouds.CLUSTER_NETWORK_POLICY",
    },
    "policy.linkerd.io": {
        "AuthorizationPolicy": "linkerd.AUTHORIZATION_POLICY",
        "ServerAuthorization": "linkerd.SERVER_AUTHORIZATION",
        "Server": "linkerd.SERVER",
    },
}


@lru_cache(maxsize=256)
def schema_of(group: str, kind: str) -> Schema | None:
    """The table of a kind; None where there is none."""
    place = _TABLES.get(group, {}).get(kind)
    if place is None:
        return None
    module, _, name = place.partition(".")
    schema: Schema = getattr(import_module(f"ringfence.dialects.schema.{module}"), name)
    return schema
