"""Objects that say who may connect, or how that is to be read, each as it may stand at several moments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ringfence.live.discovery import Resource

Body = dict[str, Any]

SPACES = ("shop", "data")


def _labels(**labels: str) -> Body:
    return {"metadata": {"labels": labels}}


def _pod(address: str, **labels: str) -> Body:
    ports = [{"containerPort": 8080, "name": "web"}]
    return {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "i", "ports": ports}]},
        "status": {"phase": "Running", "podIP": address},
    }


def _rules(side: str, peers: Sequence[Body], **more: object) -> Body:
    return {"podSelector": {}, side: [{"from" if side == "ingress" else "to": list(peers), **more}]}


def _admin(action: str, priority: int, **labels: str) -> Body:
    rule = {"name": "one", "action": action, "from": [{"namespaces": {"matchLabels": labels}}]}
    return {"priority": priority, "subject": {"namespaces": {}}, "ingress": [rule]}


def _calico(tier: str, entity: Body, action: str = "Allow", order: int = 10) -> Body:
    return {
        "tier": tier,
        "order": order,
        "selector": "app == 'web'",
        "types": ["Egress"],
        "egress": [{"action": action, "destination": entity}],
    }


def _spec(*specs: Body) -> tuple[Body, ...]:
    return tuple({"spec": each} for each in specs)


_WEB: Body = {"podSelector": {"matchLabels": {"app": "web"}}}
_RED: Body = {"namespaceSelector": {"matchLabels": {"team": "red"}}}
_BLOCK: Body = {"ipBlock": {"cidr": "198.51.100.0/24"}}
_AP = "security.istio.io/v1"
_CILIUM: Body = {"endpointSelector": {"matchLabels": {"app": "web"}}}

KINDS: Mapping[tuple[str, str], tuple[Body, ...]] = {
    ("v1", "Namespace"): (_labels(team="red"), _labels(team="blue"), _labels(team="red", env="x")),
    ("v1", "Pod"): (_pod("10.0.0.1", app="web"), _pod("10.0.0.2", app="api"), _pod("10.0.0.3", app="web", x="y")),
    ("v1", "Service"): _spec(
        {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}], "clusterIP": "10.9.0.1"},
        {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "web"}], "clusterIP": "10.9.0.1"},
    ),
    ("networking.k8s.io/v1", "NetworkPolicy"): _spec(
        _rules("ingress", [_WEB]),
        _rules("ingress", [_RED], ports=[{"port": "web"}]),
        _rules("egress", [_BLOCK, _WEB]),
        {"podSelector": {"matchLabels": {"x": "y"}}, "policyTypes": ["Ingress", "Egress"], "other": 1},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Is"}]}},
    ),
    ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"): _spec(
        _admin("Deny", 5, team="red"), _admin("Pass", 5, team="blue"), _admin("Allow", 7, env="x")
    ),
    ("policy.networking.k8s.io/v1alpha2", "ClusterNetworkPolicy"): _spec(
        {
            "tier": "Admin",
            "priority": 5,
            "subject": {"namespaces": {}},
            "egress": [{"action": "Deny", "to": [{"networks": ["198.51.100.0/25"]}]}],
        },
        {
            "tier": "Baseline",
            "priority": 5,
            "subject": {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}},
            "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
        },
    ),
    ("cilium.io/v2", "CiliumNetworkPolicy"): _spec(
        {**_CILIUM, "egress": [{"toCIDRSet": [{"cidrGroupRef": "a"}]}]},
        {**_CILIUM, "egress": [{"toServices": [{"k8sService": {"serviceName": "a", "namespace": "shop"}}]}]},
        {**_CILIUM, "ingress": [{"fromEntities": ["cluster"]}]},
    ),
    ("cilium.io/v2", "CiliumCIDRGroup"): _spec(
        {"externalCIDRs": ["198.51.100.0/24"]}, {"externalCIDRs": ["203.0.113.0/24", "198.51.100.7/32"]}
    ),
    ("projectcalico.org/v3", "NetworkPolicy"): _spec(
        _calico("a", {"selector": "role == 'bank'", "namespaceSelector": "global()"}),
        _calico("default", {"services": {"name": "a", "namespace": "shop"}}),
        _calico("b", {"nets": ["198.51.100.0/24"]}, "Deny", 5),
        _calico("default", {"namespaceSelector": "team == 'red'"}, "Pass", 5),
    ),
    ("projectcalico.org/v3", "GlobalNetworkPolicy"): _spec(
        _calico("a", {"selector": "app == 'api'"}, "Deny"), _calico("default", {"selector": "all()"})
    ),
    ("projectcalico.org/v3", "Tier"): _spec(
        {"order": 5}, {"order": 2_000_000, "defaultAction": "Pass"}, {"order": 7, "defaultAction": "Drop"}
    ),
    ("projectcalico.org/v3", "GlobalNetworkSet"): tuple(
        {"metadata": {"labels": {"role": role}}, "spec": {"nets": [net]}}
        for role, net in (("bank", "203.0.113.0/24"), ("shop", "203.0.113.0/24"), ("bank", "198.51.100.0/33"))
    ),
    ("projectcalico.org/v3", "HostEndpoint"): tuple(
        {"metadata": {"labels": {"app": app}}, "spec": {"node": "n", "expectedIPs": ["192.0.2.1"]}}
        for app in ("web", "api")
    ),
    (_AP, "AuthorizationPolicy"): _spec(
        {"action": "ALLOW", "rules": [{"from": [{"source": {"namespaces": ["shop"]}}]}]},
        {"action": "DENY", "selector": {"matchLabels": {"app": "api"}}, "rules": [{}]},
    ),
    (_AP, "PeerAuthentication"): _spec({"mtls": {"mode": "STRICT"}}, {"mtls": {"mode": "PERMISSIVE"}}),
    ("networking.istio.io/v1", "Sidecar"): _spec(
        {"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}, "egress": [{"hosts": ["./*"]}]},
        {"egress": [{"hosts": ["*/*"]}]},
    ),
    ("networking.istio.io/v1", "ServiceEntry"): _spec(
        {"hosts": ["a.example"], "addresses": ["203.0.113.1"], "ports": [{"number": 80, "name": "http"}]}
    ),
    ("k8s.ovn.org/v1", "EgressFirewall"): _spec(
        {"egress": [{"type": "Deny", "to": {"cidrSelector": "0.0.0.0/0"}}]},
        {"egress": [{"type": "Allow", "to": {"dnsName": "a.example"}}]},
    ),
    ("networking.gke.io/v1alpha1", "FQDNNetworkPolicy"): _spec(
        {"podSelector": {}, "egress": [{"matches": [{"name": "a.example"}]}]}
    ),
    ("crd.antrea.io/v1beta1", "NetworkPolicy"): _spec({"priority": 1}),
}
"""What objects of a kind may say."""

_CLUSTERED = frozenset(
    {
        "Namespace",
        "AdminNetworkPolicy",
        "ClusterNetworkPolicy",
        "CiliumCIDRGroup",
        "GlobalNetworkPolicy",
        "Tier",
        "GlobalNetworkSet",
        "HostEndpoint",
    }
)


def resource(api_version: str, kind: str) -> Resource:
    """The kind as an API server offers it."""
    group, _, version = api_version.rpartition("/")
    return Resource(group, version, kind, f"{kind.lower()}s", namespaced=kind not in _CLUSTERED)


def text(of: Resource, name: str, body: Body, version: int) -> msgspec.Raw:
    """An object as the API server writes it; ``name`` is ``space/name``."""
    space, _, plain = name.partition("/")
    metadata = {**body.get("metadata", {}), "name": plain, "resourceVersion": str(version)}
    if of.namespaced:
        metadata["namespace"] = space
    return msgspec.Raw(json.dumps({**body, "metadata": metadata}).encode())
