"""Which objects are policies, or belong to them, and are handed to the dialects as they stand.

This decides by group and kind alone and on purpose takes more than any dialect knows: a kind that looks like a policy
and is not known must become a finding, and not be skipped.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

OWN_GROUP: Final = "ringfence.dev"
"""The group of Ringfence's own documents, such as policy tests: they are no part of a cluster."""

_EXACT: Final[dict[str, frozenset[str]]] = {
    "networking.k8s.io": frozenset({"NetworkPolicy"}),
    "extensions": frozenset({"NetworkPolicy"}),
    "cilium.io": frozenset({"CiliumCIDRGroup"}),
    "projectcalico.org": frozenset({"NetworkSet", "GlobalNetworkSet", "Tier", "HostEndpoint", "Profile"}),
    "crd.projectcalico.org": frozenset({"NetworkSet", "GlobalNetworkSet", "Tier", "HostEndpoint"}),
    "networking.istio.io": frozenset({"Sidecar", "ServiceEntry"}),
    "security.istio.io": frozenset({"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"}),
    "crd.antrea.io": frozenset({"Tier", "ClusterGroup", "Group"}),
    "k8s.ovn.org": frozenset({"EgressFirewall"}),
    "policy.linkerd.io": frozenset({"Server", "ServerAuthorization"}),
    "kuma.io": frozenset({"MeshTrafficPermission", "TrafficPermission"}),
    "consul.hashicorp.com": frozenset({"ServiceIntentions"}),
}
_NETWORKING: Final = re.compile(r"network|cilium|calico|antrea|istio|ovn|linkerd|kuma|nsx|vpcresources")
_NO_NETWORK_POLICY: Final = frozenset({"gateway.networking.k8s.io", "gateway.networking.x-k8s.io"})
"""Gateway API: its policies shape routes and TLS, they allow or deny no connection between pods."""

_CLUSTER_WIDE: Final = re.compile(r"(Staged)?Global|Cluster|CiliumClusterwide|Admin|BaselineAdmin")
_CLUSTER_KINDS: Final = frozenset({"Tier", "HostEndpoint", "Profile", "CiliumCIDRGroup", "CiliumEgressGatewayPolicy"})


_OFTEN_MEANT: Final = (
    "networkpolicy",
    "globalnetworkpolicy",
    "ciliumnetworkpolicy",
    "ciliumclusterwidenetworkpolicy",
    "authorizationpolicy",
    "peerauthentication",
    "egressfirewall",
)
_ALIKE: Final = 0.88


def is_policy_group(group: str) -> bool:
    """True where a group may have kinds that :func:`is_policy` takes."""
    if group in _NO_NETWORK_POLICY:
        return False
    return group in _EXACT or group == "policy.networking.k8s.io" or bool(_NETWORKING.search(group))


@lru_cache(maxsize=1024)
def is_policy(group: str, kind: str) -> bool:
    """True where an object of this group and kind is for the dialects; also where a policy was meant and misspelt."""
    if kind in _EXACT.get(group, ()) or group == "policy.networking.k8s.io" or "NetworkPolic" in kind:
        return True
    if group in _NO_NETWORK_POLICY or not _NETWORKING.search(group):
        return False
    return kind.endswith(("Policy", "Policies")) or bool(get_close_matches(kind.lower(), _OFTEN_MEANT, 1, _ALIKE))


def is_cluster_scoped(group: str, kind: str) -> bool:
    """True where a policy of this kind lives in no namespace."""
    return group == "policy.networking.k8s.io" or kind in _CLUSTER_KINDS or bool(_CLUSTER_WIDE.match(kind))
