"""ClusterNetworkPolicy and (Baseline)AdminNetworkPolicy judged straight from their YAML form, NetworkPolicy between.

Follows network-policy-api v1alpha1 and v1alpha2. Knows valid objects only, and, like :mod:`tests.raw_oracle`, shares
nothing with the readers in ``ringfence.dialects``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import Endpoint
from tests import raw_oracle
from tests.raw_oracle import Body, is_local_node, selector_matches, texts


def allowed(
    snapshot: Snapshot,
    bodies: Iterable[Body],
    source: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> tuple[bool, bool]:
    """``(egress, ingress)`` under all policies of a cluster."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True, True
    listed = list(bodies)
    out = judge(snapshot, listed, "egress", source, destination, destination, protocol, port)
    into = judge(snapshot, listed, "ingress", destination, source, destination, protocol, port)
    return out, into or is_local_node(snapshot, source, destination)


def judge(
    snapshot: Snapshot,
    bodies: list[Body],
    direction: str,
    subject: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool:
    """Admin tier, then NetworkPolicy "always makes a final decision for selected pods", then Baseline, then allow."""
    if not is_pod(subject):
        return True
    call = (peer, destination, protocol, port)
    admin = [b for b in bodies if b["kind"] == "AdminNetworkPolicy" or b["spec"].get("tier") == "Admin"]
    decision = tier(snapshot, admin, direction, subject, *call)
    if decision is not None:
        return decision
    isolated = [
        body
        for body in bodies
        if body["kind"] == "NetworkPolicy"
        and direction.capitalize() in raw_oracle.policy_types(body["spec"])
        and raw_oracle.selects(body, subject)
    ]
    if isolated:
        side = "to" if direction == "egress" else "from"
        return any(
            raw_oracle.matches(snapshot, body, rule, side, *call)
            for body in isolated
            for rule in body["spec"].get(direction) or []
        )
    baseline = [b for b in bodies if b["kind"] == "BaselineAdminNetworkPolicy" or b["spec"].get("tier") == "Baseline"]
    decision = tier(snapshot, baseline, direction, subject, *call)
    return decision is not False


def tier(
    snapshot: Snapshot,
    bodies: list[Body],
    direction: str,
    subject: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool | None:
    """ "Policies with lower priority values have higher precedence"; rules in the order written; Pass ends the tier."""
    side = "to" if direction == "egress" else "from"
    for body in sorted(bodies, key=lambda body: (body["spec"].get("priority", 0), body["metadata"]["name"])):
        if not pods_match(snapshot, body["spec"]["subject"], subject):
            continue
        for rule in body["spec"].get(direction) or []:
            if not any(peer_matches(snapshot, entry, peer) for entry in rule[side]):
                continue
            entries = rule.get("protocols") or rule.get("ports") or []
            if entries and not any(port_matches(entry, destination, protocol, port) for entry in entries):
                continue
            return {"Accept": True, "Allow": True, "Deny": False, "Pass": None}[rule["action"]]
    return None


def is_pod(endpoint: Endpoint) -> bool:
    return isinstance(endpoint, Pod) and not endpoint.host_network


def pods_match(snapshot: Snapshot, choice: Body, endpoint: Endpoint) -> bool:
    """ "Note that host-networked pods are not included." """
    if not isinstance(endpoint, Pod) or endpoint.host_network:
        return False
    namespace = snapshot.namespaces[endpoint.namespace].labels
    if "namespaces" in choice:
        return selector_matches(choice["namespaces"], namespace)
    return selector_matches(choice["pods"]["namespaceSelector"], namespace) and selector_matches(
        choice["pods"]["podSelector"], endpoint.labels
    )


def peer_matches(snapshot: Snapshot, entry: Body, endpoint: Endpoint) -> bool:
    if "nodes" in entry:
        if not any(entry["nodes"].values()) and isinstance(endpoint, Pod) and endpoint.host_network:
            return True  # it has the address of some node, known or not
        addresses = {
            format_address(address)
            for node in snapshot.nodes
            if selector_matches(entry["nodes"], node.labels)
            for address in node.addresses
        }
        return not is_pod(endpoint) and bool(addresses & set(texts(endpoint)))
    if "networks" in entry:
        networks = [ipaddress.ip_network(cidr) for cidr in entry["networks"]]
        return any(ipaddress.ip_address(text) in network for text in texts(endpoint) for network in networks)
    return pods_match(snapshot, entry, endpoint)


def port_matches(entry: Body, destination: Endpoint, protocol: AnyProtocol, port: int) -> bool:
    name = entry.get("destinationNamedPort") or entry.get("namedPort")
    if name is not None:
        declared = destination.ports if isinstance(destination, Pod) and is_pod(destination) else ()
        return any((p.name, p.protocol, p.number) == (name, protocol, port) for p in declared)
    if "portNumber" in entry or "portRange" in entry:  # v1alpha1
        value = entry.get("portNumber") or entry["portRange"]
        wanted = value.get("protocol") or "TCP"
        bounds = (value["port"], value["port"]) if "port" in value else (value["start"], value["end"])
    else:
        ((wanted, value),) = entry.items()
        value = value["destinationPort"]
        bounds = (value["number"],) * 2 if "number" in value else (value["range"]["start"], value["range"]["end"])
    return wanted.upper() == protocol.name and bool(bounds[0] <= port <= bounds[1])
