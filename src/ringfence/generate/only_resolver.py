"""DNS to the servers named, in the dialects that have more than allow rules; with ``only``, other resolvers are cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringfence.generate.dns import DnsAccess
from ringfence.generate.manifest import Manifest
from ringfence.generate.request import Given, cluster_network_policy
from ringfence.generate.targets import (
    RESOLVER_PORTS,
    PortNumber,
    Target,
    cidr,
    cluster_protocols,
    cluster_rule,
    namespace_selector,
)
from ringfence.model.addresses import V4_MAX
from ringfence.model.ports import Protocol

Json = dict[str, Any]

_NOT_JUDGED = (
    "Ringfence does not evaluate {} yet: this manifest follows its reference and was not verified by the engine."
)
_HTTPS = "DNS over HTTPS looks like any HTTPS on port 443 and is not cut."

_CILIUM_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_EVERYWHERE = ("0.0.0.0/0", "::/0")


# ---- ClusterNetworkPolicy --------------------------------------------------------------------------------------------


def only_resolver_cluster(given: Given, namespace: str, access: DnsAccess, only: bool) -> tuple[Manifest, ...]:
    """One ClusterNetworkPolicy of the Admin tier, which no NetworkPolicy can override."""
    rules = [cluster_rule(target, f"dns-{n + 1}", "Accept") for n, target in enumerate(access.targets)]
    notes = {("spec", "egress", n): target.note for n, target in enumerate(access.targets) if target.note}
    if only:
        notes["spec", "egress", len(rules)] = (
            "networks match pods inside the cluster too; namespaces those without address yet."
        )
        rules.append(
            {
                "name": "other-resolvers",
                "action": "Deny",
                "to": [{"namespaces": {}}, {"networks": list(_EVERYWHERE)}],
                "protocols": cluster_protocols(RESOLVER_PORTS),
            }
        )
        rules.extend(cluster_rule(target, f"own-dns-{n + 1}", "Deny") for n, target in enumerate(access.others))
    body = cluster_network_policy(
        given.free_name("ClusterNetworkPolicy", f"dns-{namespace}"),
        {
            "tier": "Admin",
            "priority": given.free_priority("admin", 100),
            "subject": {"namespaces": namespace_selector(namespace)},
            "egress": rules,
        },
    )
    head = [f"DNS for the pods of {namespace}, before any NetworkPolicy is asked."]
    if only:
        head.append(f"Every other resolver is denied. The API can't log; host-network pods are not covered. {_HTTPS}")
    return (Manifest(body, tuple(head), notes),)


# ---- Cilium ----------------------------------------------------------------------------------------------------------


def only_resolver_cilium(given: Given, namespace: str, access: DnsAccess, only: bool) -> tuple[Manifest, ...]:
    """A CiliumNetworkPolicy. A deny wins over every allow there, so what is denied leaves the resolver out."""
    spec: Json = {"endpointSelector": {}, "enableDefaultDeny": {"egress": False}}
    spec["egress"] = [_cilium_allow(target) for target in access.targets]
    notes: dict[tuple[str | int, ...], str] = {
        ("spec", "enableDefaultDeny"): "Allows, and isolates nothing: other egress stays as it is.",
        ("spec", "egress", 0): "The dns rule sends queries through Cilium's DNS proxy, which shows each in Hubble.",
    }
    head = [f"DNS for the pods of {namespace}.", _NOT_JUDGED.format("CiliumNetworkPolicy")]
    if only:
        spec["egressDeny"] = [*_cilium_deny(access.targets), *_cilium_own(access.others)]
        notes["spec", "egressDeny"] = "A deny wins over every allow, so the resolver itself must be left out of it."
        head.append(
            "Violations: hubble observe --namespace "
            f"{namespace} --verdict DROPPED, and cilium_drop_count_total with reason Policy denied. {_HTTPS}"
        )
    body = {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {
            "name": given.free_name("CiliumNetworkPolicy", "dns-one-resolver" if only else "allow-dns", namespace),
            "namespace": namespace,
        },
        "spec": spec,
    }
    return (Manifest(body, tuple(head), notes, evaluated=False),)


def _cilium_allow(target: Target) -> Json:
    if target.addresses:
        written: Json = {"toCIDR": [cidr(address) for address in target.addresses]}
    else:
        labels = {_CILIUM_NAMESPACE: target.namespace, **{f"k8s:{k}": v for k, v in (target.labels or {}).items()}}
        written = {"toEndpoints": [{"matchLabels": labels}]}
    ports = _cilium_ports(target.ports or ())
    written["toPorts"] = [{"ports": ports, "rules": {"dns": [{"matchPattern": "*"}]}}]
    return written


def _cilium_ports(ports: Iterable[PortNumber]) -> list[Json]:
    return [{"port": str(port), "protocol": str(protocol)} for protocol, port in ports]


def _cilium_deny(targets: tuple[Target, ...]) -> list[Json]:
    to_ports = [{"ports": _cilium_ports(RESOLVER_PORTS)}]
    kept = [cidr(address) for target in targets for address in target.addresses]
    cidrs = [
        {"cidr": outer, **({"except": inner} if inner else {})}
        for outer in _EVERYWHERE
        for inner in [[text for text in kept if (":" in text) == (":" in outer)]]
    ]
    denied: list[Json] = [{"toCIDRSet": cidrs, "toPorts": to_ports}]
    pods = [target for target in targets if not target.addresses]
    if not pods:
        denied.append({"toEntities": ["cluster"], "toPorts": to_ports})
        return denied
    names = sorted({target.namespace for target in pods})
    others: list[Json] = [{"matchExpressions": [{"key": _CILIUM_NAMESPACE, "operator": "NotIn", "values": names}]}]
    for target in pods:
        for key, value in (target.labels or {}).items():
            others.append(
                {
                    "matchLabels": {_CILIUM_NAMESPACE: target.namespace},
                    "matchExpressions": [{"key": f"k8s:{key}", "operator": "NotIn", "values": [value]}],
                }
            )
    denied.append({"toEndpoints": others, "toPorts": to_ports})
    denied.append({"toEntities": ["host", "remote-node"], "toPorts": to_ports})
    return denied


def _cilium_own(others: tuple[Target, ...]) -> list[Json]:
    """The cluster's own DNS pods, on ports where nobody would look for a resolver."""
    rules: list[Json] = []
    for target in others:
        ports = [port for port in target.ports or () if port not in RESOLVER_PORTS]
        if ports and not target.addresses:
            rules.append(
                {"toEndpoints": _cilium_allow(target)["toEndpoints"], "toPorts": [{"ports": _cilium_ports(ports)}]}
            )
    return rules


# ---- Calico ----------------------------------------------------------------------------------------------------------


def only_resolver_calico(given: Given, namespace: str, access: DnsAccess, only: bool) -> tuple[Manifest, ...]:
    """A tier before the default one, so that the last rule can pass all other traffic on to the other policies."""
    tier = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "Tier",
        "metadata": {"name": "dns"},
        "spec": {"order": 100, "defaultAction": "Pass"},
    }
    egress = [rule for target in access.targets for rule in _calico_rules(target, "Allow")]
    notes: dict[tuple[str | int, ...], str] = {}
    head = [f"DNS for the pods of {namespace}."]
    if only:
        notes["spec", "egress", len(egress)] = (
            "Log goes on to the next rule; the lines are in the kernel log of the pod's node."
        )
        for action in ("Log", "Deny"):
            for protocol in (Protocol.UDP, Protocol.TCP):
                ports = [port for kind, port in RESOLVER_PORTS if kind is protocol]
                egress.append({"action": action, "protocol": str(protocol), "destination": {"ports": ports}})
        for target in access.others:
            egress.extend(_calico_rules(target, "Log") + _calico_rules(target, "Deny"))
        head.append(f"Violations: lines with the prefix calico-packet in the kernel log. {_HTTPS}")
    notes["spec", "egress", len(egress)] = "All other traffic is for the later tiers to judge."
    egress.append({"action": "Pass"})
    policy = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": given.free_name("NetworkPolicy", "dns.one-resolver" if only else "dns.allow-dns", namespace),
            "namespace": namespace,
        },
        "spec": {"tier": "dns", "order": 100, "selector": "all()", "types": ["Egress"], "egress": egress},
    }
    tier_head = (
        "A tier of its own, before tier default, where NetworkPolicies are. Open-source Calico has tiers since 3.29.",
    )
    return (
        Manifest(tier, tier_head),
        Manifest(policy, tuple(head), notes),
    )


def _calico_rules(target: Target, action: str) -> list[Json]:
    rules: list[Json] = []
    for protocol in (Protocol.UDP, Protocol.TCP):
        ports = [port for kind, port in target.ports or () if kind is protocol]
        for family in _by_family(target.addresses) if target.addresses else ([],):
            destination: Json = {"ports": ports}
            if target.addresses:
                destination = {"nets": family, **destination}
            else:
                destination = {
                    "namespaceSelector": f"projectcalico.org/name == '{target.namespace}'",
                    "selector": " && ".join(f"{key} == '{value}'" for key, value in (target.labels or {}).items())
                    or "all()",
                    **destination,
                }
            if ports:
                rules.append({"action": action, "protocol": str(protocol), "destination": destination})
    return rules


def _by_family(addresses: tuple[int, ...]) -> list[list[str]]:
    four = [cidr(address) for address in addresses if address <= V4_MAX]
    six = [cidr(address) for address in addresses if address > V4_MAX]
    return [family for family in (four, six) if family]
