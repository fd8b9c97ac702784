"""NetworkPolicy v1 judged straight from its YAML form, sentence by sentence of the API reference.

Knows valid objects only. It shares nothing with the readers in ``ringfence.dialects``, so it tests them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

Body = Mapping[str, Any]


def allowed(
    snapshot: Snapshot,
    bodies: Iterable[Body],
    source: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> tuple[bool, bool]:
    """``(egress, ingress)`` under the NetworkPolicies ``bodies`` alone."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True, True
    policies = list(bodies)
    # "an empty selector matches all pods in this policy's namespace": never pods of the host network.
    egress = [p for p in policies if "Egress" in policy_types(p["spec"]) and selects(p, source)]
    ingress = [p for p in policies if "Ingress" in policy_types(p["spec"]) and selects(p, destination)]
    # "If no policy selects the pod for the direction, traffic is allowed."
    out = not egress or any(
        matches(snapshot, p, rule, "to", destination, destination, protocol, port)
        for p in egress
        for rule in p["spec"].get("egress") or []
    )
    # "Traffic is allowed to a pod ... if the traffic source is the pod's local node."
    into = (
        not ingress
        or is_local_node(snapshot, source, destination)
        or any(
            matches(snapshot, p, rule, "from", source, destination, protocol, port)
            for p in ingress
            for rule in p["spec"].get("ingress") or []
        )
    )
    return out, into


def policy_types(spec: Body) -> list[str]:
    """Left out: Ingress, "and policies that contain an egress section are assumed to affect egress"."""
    return list(spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])])


def selects(policy: Body, endpoint: Endpoint) -> bool:
    if not isinstance(endpoint, Pod) or endpoint.host_network:
        return False
    if endpoint.namespace != policy["metadata"]["namespace"]:
        return False
    return selector_matches(policy["spec"].get("podSelector") or {}, endpoint.labels)


def selector_matches(selector: Body, labels: Mapping[str, str]) -> bool:
    """ "The result of matchLabels and matchExpressions are ANDed. An empty label selector matches all objects." """
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for expression in selector.get("matchExpressions") or []:
        key, values = expression["key"], expression.get("values") or []
        holds = {
            "In": key in labels and labels[key] in values,
            "NotIn": key not in labels or labels[key] not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }[expression["operator"]]
        if not holds:
            return False
    return True


def matches(
    snapshot: Snapshot,
    policy: Body,
    rule: Body,
    side: str,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool:
    """ "The traffic must match both ports and from/to." Empty or missing lists match all."""
    ports, peers = rule.get("ports") or [], rule.get(side) or []
    return (not ports or any(port_matches(entry, destination, protocol, port) for entry in ports)) and (
        not peers or any(peer_matches(snapshot, policy, entry, peer) for entry in peers)
    )


def port_matches(entry: Body, destination: Endpoint, protocol: AnyProtocol, port: int) -> bool:
    if (entry.get("protocol") or "TCP") != protocol.name:
        return False
    wanted = entry.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return bool(wanted <= port <= entry.get("endPort", wanted))
    # A host-network pod acts as its node's address, and an address has no named ports.
    if not isinstance(destination, Pod) or destination.host_network:
        return False
    return any(
        (container.name, container.protocol, container.number) == (wanted, protocol, port)
        for container in destination.ports
    )


def peer_matches(snapshot: Snapshot, policy: Body, entry: Body, endpoint: Endpoint) -> bool:
    block, pods, namespaces = (entry.get(name) for name in ("ipBlock", "podSelector", "namespaceSelector"))
    if block is not None:
        return any(in_block(block, address) for address in texts(endpoint))
    if not isinstance(endpoint, Pod) or endpoint.host_network or (pods is None and namespaces is None):
        return False
    if namespaces is None:
        near = endpoint.namespace == policy["metadata"]["namespace"]
    else:
        near = selector_matches(namespaces, snapshot.namespaces[endpoint.namespace].labels)
    return near and selector_matches(pods or {}, endpoint.labels)


def in_block(block: Body, text: str) -> bool:
    address = ipaddress.ip_address(text)
    inside = [
        address in network
        for cidr in (block["cidr"], *(block.get("except") or []))
        for network in [ipaddress.ip_network(cidr, strict=False)]
    ]
    return inside[0] and not any(inside[1:])


def texts(endpoint: Endpoint) -> list[str]:
    points = (endpoint.address,) if isinstance(endpoint, AddressEndpoint) else endpoint.addresses
    return [format_address(point) for point in points]


def is_local_node(snapshot: Snapshot, source: Endpoint, destination: Endpoint) -> bool:
    if not isinstance(destination, Pod) or not destination.node:
        return False
    if isinstance(source, Pod) and not source.host_network:
        return False
    if isinstance(source, Pod) and source.node == destination.node:
        return True
    return any(
        set(texts(source)) & {format_address(address) for address in node.addresses}
        for node in snapshot.nodes
        if node.name == destination.node
    )
