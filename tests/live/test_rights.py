"""The ClusterRole that is handed out: enough for every answer, and nothing more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ringfence import load
from ringfence.model.codes import KIND_REFUSED
from tests.live.conftest import Live

MANIFEST = Path(__file__).parents[2] / "deploy" / "rbac.yaml"

SERVED = {
    "gateway.networking.k8s.io": ("v1", ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "Gateway"]),
    "policy.networking.k8s.io": (
        "v1alpha1",
        ["AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"],
    ),
    "cilium.io": (
        "v2",
        [
            "CiliumNetworkPolicy",
            "CiliumClusterwideNetworkPolicy",
            "CiliumCIDRGroup",
            "CiliumEgressGatewayPolicy",
            "CiliumLocalRedirectPolicy",
            "CiliumEndpoint",
            "CiliumIdentity",
        ],
    ),
    "projectcalico.org": (
        "v3",
        [
            "NetworkPolicy",
            "GlobalNetworkPolicy",
            "StagedNetworkPolicy",
            "StagedGlobalNetworkPolicy",
            "StagedKubernetesNetworkPolicy",
            "NetworkSet",
            "GlobalNetworkSet",
            "Tier",
            "HostEndpoint",
            "Profile",
            "IPPool",
        ],
    ),
    "security.istio.io": ("v1", ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"]),
    "networking.istio.io": ("v1", ["Sidecar", "ServiceEntry", "VirtualService"]),
    "k8s.ovn.org": ("v1", ["EgressFirewall", "EgressIP"]),
    "crd.antrea.io": ("v1beta1", ["NetworkPolicy", "ClusterNetworkPolicy", "Tier", "Group", "ClusterGroup", "IPPool"]),
    "networking.gke.io": ("v1alpha1", ["FQDNNetworkPolicy", "ManagedCertificate"]),
    "networking.k8s.aws": ("v1alpha1", ["ApplicationNetworkPolicy", "ClusterNetworkPolicy"]),
    "policy.linkerd.io": ("v1beta3", ["Server", "ServerAuthorization", "AuthorizationPolicy", "HTTPRoute"]),
    "cert-manager.io": ("v1", ["Certificate"]),
}
"""What a cluster with all these APIs serves, by their documentation; a few kinds in each that play no part."""

ONLY_CALICO_S_SERVER_ASKS = "tier."
CLUSTER_WIDE = ("Cluster", "Admin", "Baseline", "Global", "Tier", "HostEndpoint", "Profile")


def plural(kind: str) -> str:
    name = kind.lower()
    return f"{name[:-1]}ies" if name.endswith("y") and name != "gateway" else f"{name}s"


def rules() -> list[dict[str, Any]]:
    (role,) = (each for each in yaml.safe_load_all(MANIFEST.read_text()) if each["kind"] == "ClusterRole")
    found: list[dict[str, Any]] = role["rules"]
    return found


def granted() -> set[tuple[str, str]]:
    return {
        (group, resource)
        for rule in rules()
        if "resourceNames" not in rule
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        if not resource.startswith(ONLY_CALICO_S_SERVER_ASKS)
    }


def asked(live: Live) -> set[tuple[str, str]]:
    """Group and resource of every list that reading asks for."""
    live.store.requests.clear()
    load(live.path)
    paths = [path.strip("/").split("/") for path in live.store.paths()]
    lists = {("", parts[2]) for parts in paths if parts[0] == "api" and len(parts) == 3}
    return lists | {(parts[1], parts[3]) for parts in paths if parts[0] == "apis" and len(parts) == 4}


def test_it_grants_what_is_asked_and_nothing_more(live: Live) -> None:
    for group, (version, kinds) in SERVED.items():
        for kind in kinds:
            live.store.kinds[group, kind] = version, plural(kind), not kind.startswith(CLUSTER_WIDE)
    wanted = asked(live)
    # Without Calico's API server, the same objects are CRDs; a Profile, which the server makes up, is none.
    for group, kind in list(live.store.kinds):
        if group == "projectcalico.org":
            served = live.store.kinds.pop((group, kind))
            if kind != "Profile":
                live.store.kinds["crd.projectcalico.org", kind] = served
    assert granted() == wanted | asked(live)


def test_config_maps_may_be_read_by_name_only(live: Live) -> None:
    load(live.path)
    (rule,) = (each for each in rules() if "resourceNames" in each)
    assert (rule["resources"], rule["verbs"]) == (["configmaps"], ["get"])
    names = {path.rpartition("/")[2] for path in live.store.paths() if "configmaps" in path}
    assert set(rule["resourceNames"]) == names


def test_nothing_may_be_written() -> None:
    assert {verb for rule in rules() for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_a_user_with_just_these_rights_gets_the_whole_answer(live: Live) -> None:
    may = granted()
    for (group, _), (_, resource, _) in live.store.kinds.items():
        if (group, resource) not in may and resource not in ("configmaps", "endpoints"):
            live.store.forbid(resource)
    assert "secrets" in {resource for resource, _ in live.store.forbidden}
    assert not [finding for finding in load(live.path).findings if finding.code is KIND_REFUSED]
