"""Which objects are policies, or belong to them, and are handed to the dialects as they stand.

This decides by group and kind alone and on purpose takes more than any dialect knows: a kind that looks like a policy
and is not known must become a finding, and not be skipped.
"""

from __future__ import annotations

import re
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
}
_NETWORKING: Final = re.compile(r"network|cilium|calico|antrea|istio|ovn|linkerd|kuma|nsx|vpcresources")
_NO_NETWORK_POLICY: Final = frozenset({"gateway.networking.k8s.io", "gateway.networking.x-k8s.io"})
"""Gateway API: its policies shape routes and TLS, they allow or deny no connection between pods."""

_CLUSTER_WIDE: Final = re.compile(r"(Staged)?Global|Cluster|CiliumClusterwide|Admin|BaselineAdmin")
_CLUSTER_KINDS: Final = frozenset({"Tier", "HostEndpoint", "Profile", "CiliumCIDRGroup", "CiliumEgressGatewayPolicy"})


def is_policy(group: str, kind: str) -> bool:
    """True where an object of this group and kind is for the dialects."""
    if kind in _EXACT.get(group, ()) or group == "policy.networking.k8s.io" or "NetworkPolic" in kind:
        return True
    return kind.endswith(("Policy", "Policies")) and bool(_NETWORKING.search(group)) and group not in _NO_NETWORK_POLICY


def is_cluster_scoped(group: str, kind: str) -> bool:
    """True where a policy of this kind lives in no namespace."""
    return group == "policy.networking.k8s.io" or kind in _CLUSTER_KINDS or bool(_CLUSTER_WIDE.match(kind))
