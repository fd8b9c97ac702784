"""Which kinds are policies: those that are read, those known and not evaluated, and what is near to the rest."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

from ringfence.dialects.reading import Reader, Reading, ReadPolicy, split_api_version
from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef


@dataclass(frozen=True, slots=True)
class Dialect:
    """A policy API: the version that is read, and ``also`` the older versions that mean the same.

    ``reader`` names its :data:`~ringfence.dialects.reading.Reader`, ``module.function``: it is imported when the first
    policy of the kind is read, since most clusters have policies of one API.
    """

    version: str
    reader: str
    also: tuple[str, ...] = ()

    def read(self, raw: RawObject, reading: Reading) -> Sequence[ReadPolicy] | None:
        """Reads one object; see :data:`~ringfence.dialects.reading.Reader`."""
        module, _, function = self.reader.rpartition(".")
        reader: Reader = getattr(import_module(f"ringfence.dialects.{module}"), function)
        return reader(raw, reading)


DIALECTS: Mapping[tuple[str, str], Dialect] = {
    ("networking.k8s.io", "NetworkPolicy"): Dialect("v1", "network_policy.read_network_policy"),
    ("policy.networking.k8s.io", "AdminNetworkPolicy"): Dialect(
        "v1alpha1", "admin_network_policy.read_admin_network_policy"
    ),
    ("policy.networking.k8s.io", "BaselineAdminNetworkPolicy"): Dialect(
        "v1alpha1", "admin_network_policy.read_baseline_admin_network_policy"
    ),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy"): Dialect(
        "v1alpha2", "cluster_network_policy.read_cluster_network_policy"
    ),
    ("cilium.io", "CiliumNetworkPolicy"): Dialect("v2", "cilium.policy.read_cilium_policy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): Dialect("v2", "cilium.policy.read_cilium_policy"),
    ("projectcalico.org", "NetworkPolicy"): Dialect("v3", "calico.policy.read_calico_policy"),
    ("projectcalico.org", "GlobalNetworkPolicy"): Dialect("v3", "calico.policy.read_calico_policy"),
    ("crd.projectcalico.org", "NetworkPolicy"): Dialect("v1", "calico.policy.read_calico_policy"),
    ("crd.projectcalico.org", "GlobalNetworkPolicy"): Dialect("v1", "calico.policy.read_calico_policy"),
    ("security.istio.io", "AuthorizationPolicy"): Dialect(
        "v1", "istio.authorization.read_authorization_policy", ("v1beta1",)
    ),
    ("security.istio.io", "PeerAuthentication"): Dialect("v1", "istio.mtls.read_peer_authentication", ("v1beta1",)),
    ("networking.istio.io", "Sidecar"): Dialect("v1", "istio.egress.read_sidecar", ("v1beta1", "v1alpha3")),
    ("networking.istio.io", "ServiceEntry"): Dialect(
        "v1", "istio.service_registry.read_service_entry", ("v1beta1", "v1alpha3")
    ),
    ("k8s.ovn.org", "EgressFirewall"): Dialect("v1", "ovn.read_egress_firewall"),
    ("networking.gke.io", "FQDNNetworkPolicy"): Dialect("v1alpha1", "gke.read_fqdn_policy"),
}
"""The kinds that are read, by API group and kind."""

FORMER = {("extensions", "NetworkPolicy"): ("networking.k8s.io", "NetworkPolicy")}
"""Kinds that moved to another group; no API server since Kubernetes 1.16 serves the old one."""

NOT_EVALUATED = frozenset(
    {
        ("policy.linkerd.io", "AuthorizationPolicy"),
        ("policy.linkerd.io", "ServerAuthorization"),
        ("policy.linkerd.io", "Server"),
        ("kuma.io", "MeshTrafficPermission"),
        ("kuma.io", "TrafficPermission"),
        ("consul.hashicorp.com", "ServiceIntentions"),
        ("crd.nsx.vmware.com", "SecurityPolicy"),
        ("vpcresources.k8s.aws", "SecurityGroupPolicy"),
        ("crd.antrea.io", "NetworkPolicy"),
        ("crd.antrea.io", "ClusterNetworkPolicy"),
        ("network.openshift.io", "EgressNetworkPolicy"),
        ("networking.k8s.aws", "ApplicationNetworkPolicy"),
        ("networking.k8s.aws", "ClusterNetworkPolicy"),
    }
)
"""Kinds that really restrict traffic and are not read: an answer without them may say too much."""

NOT_ENFORCING = frozenset(
    {
        ("projectcalico.org", "StagedNetworkPolicy"),
        ("projectcalico.org", "StagedGlobalNetworkPolicy"),
        ("projectcalico.org", "StagedKubernetesNetworkPolicy"),
        ("crd.projectcalico.org", "StagedNetworkPolicy"),
        ("crd.projectcalico.org", "StagedGlobalNetworkPolicy"),
        ("crd.projectcalico.org", "StagedKubernetesNetworkPolicy"),
        ("cilium.io", "CiliumCIDRGroup"),
        ("cilium.io", "CiliumLocalRedirectPolicy"),
        ("cilium.io", "CiliumEgressGatewayPolicy"),
        ("cilium.io", "CiliumBGPPeeringPolicy"),
        ("cilium.io", "CiliumL2AnnouncementPolicy"),
        ("projectcalico.org", "EgressGatewayPolicy"),
        ("k8s.cni.cncf.io", "MultiNetworkPolicy"),
        ("isovalent.com", "IsovalentEgressGatewayPolicy"),
        ("k8s.ovn.org", "AdminPolicyBasedExternalRoute"),
        ("security.istio.io", "RequestAuthentication"),
        ("policy.linkerd.io", "HTTPLocalRateLimitPolicy"),
    }
)
"""Kinds that restrict no connection over the pods' own network, so that leaving them out is exact."""

_GROUPS = frozenset(
    {
        "networking.k8s.io",
        "policy.networking.k8s.io",
        "cilium.io",
        "projectcalico.org",
        "crd.projectcalico.org",
        "crd.antrea.io",
    }
)
"""API groups whose policies are all known: another kind of theirs that is called a policy is a mistake."""

_ALIKE = 0.88
_WORDS = ("networkpolic", "egress", "firewall", "clusterwidenetwork")


def looks_like_network_policy(group: str, kind: str) -> bool:
    """True where an unknown kind can only be meant as a network policy; other policies are none of our business."""
    folded = kind.lower()
    if (group in _GROUPS and "policy" in folded) or any(word in folded for word in _WORDS):
        return True
    return any(_alike(kind, known) and _alike(group, owner) for owner, known in (*DIALECTS, *NOT_EVALUATED))


def _alike(text: str, known: str) -> bool:
    """True where a name is a known one, or a slip away from it."""
    return text == known or difflib.SequenceMatcher(None, text.lower(), known.lower()).ratio() >= _ALIKE


def nearest_kind(ref: ObjectRef) -> str:
    """A sentence naming what probably was meant instead of an unknown kind, or what the group has."""
    group, _ = split_api_version(ref.api_version)
    known = (*DIALECTS, *sorted(NOT_EVALUATED))
    same_kind = [entry for entry in known if entry[1] == ref.kind]
    if same_kind:
        near = max(same_kind, key=lambda entry: difflib.SequenceMatcher(None, group, entry[0]).ratio())
        return f"Did you mean {_spell(*near)}?"
    siblings = sorted(kind for of_group, kind in known if of_group == group)
    close = difflib.get_close_matches(ref.kind, siblings or [kind for _, kind in known], 1, 0.8)
    if close:
        owner = group if siblings else next(of_group for of_group, kind in known if kind == close[0])
        return f"Did you mean {_spell(owner, close[0])}?"
    if siblings:
        return f"{group} has {', '.join(siblings[:-1])}{' and ' if siblings[:-1] else ''}{siblings[-1]}."
    return ""


def _spell(group: str, kind: str) -> str:
    dialect = DIALECTS.get((group, kind))
    return f"{group}/{dialect.version} {kind}" if dialect else f"{kind} of {group}"
