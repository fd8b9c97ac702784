"""Cilium's policies and NetworkPolicies judged straight from their YAML form, by the prose of Cilium's documentation.

Knows valid objects only, of layers 3 and 4. It shares nothing with the readers in ``ringfence.dialects``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from tests import raw_oracle
from tests.oracle import is_of_a_node, nodes_of

Body = Mapping[str, Any]
_LABEL = "io.cilium.k8s.namespace.labels."
_NAMESPACE = "io.kubernetes.pod.namespace"


def allowed(
    snapshot: Snapshot,
    bodies: Iterable[Body],
    source: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> tuple[bool, bool]:
    """``(egress, ingress)``."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True, True
    cilium = [body for body in bodies if body["kind"] != "NetworkPolicy"]
    others = [body for body in bodies if body["kind"] == "NetworkPolicy"]
    call = (destination, protocol, port)
    out = judge(snapshot, cilium, others, "egress", source, destination, *call)
    # "Kubernetes will automatically allow all communication from the local host of all local endpoints."
    local = raw_oracle.is_local_node(snapshot, source, destination)
    return out, local or judge(snapshot, cilium, others, "ingress", destination, source, *call)


def judge(
    snapshot: Snapshot,
    cilium: list[Body],
    others: list[Body],
    direction: str,
    subject: Endpoint,
    peer: Endpoint,
    *call: Any,
) -> bool:
    if denied(snapshot, cilium, direction, subject, peer, *call):
        return False
    return allows(snapshot, cilium, others, direction, subject, peer, *call) is not False


def denied(
    snapshot: Snapshot, cilium: list[Body], direction: str, subject: Endpoint, peer: Endpoint, *call: Any
) -> bool:
    mine = [body for body in cilium if selects(snapshot, body, subject)]
    # "Deny policies take precedence over allow policies, regardless of whether they are a Cilium Network Policy, a
    # Clusterwide Cilium Network Policy or even a Kubernetes Network Policy."
    return any(matches(snapshot, body, rule, subject, peer, *call) for body, rule in rules(mine, f"{direction}Deny"))


def allows(
    snapshot: Snapshot,
    cilium: list[Body],
    others: list[Body],
    direction: str,
    subject: Endpoint,
    peer: Endpoint,
    *call: Any,
) -> bool | None:
    """What the allows of both APIs come to; None where nothing puts the endpoint into default deny."""
    mine = [body for body in cilium if selects(snapshot, body, subject)]
    named = direction.capitalize()
    theirs = [b for b in others if named in raw_oracle.policy_types(b["spec"]) and raw_oracle.selects(b, subject)]
    # "If any rule selects an endpoint and the rule has an ingress section, the endpoint goes into default deny-mode":
    # unless enableDefaultDeny says that it doesn't.
    if not theirs and not any(isolates(body["spec"], direction) for body in mine):
        return None
    side = "to" if direction == "egress" else "from"
    return any(matches(snapshot, body, rule, subject, peer, *call) for body, rule in rules(mine, direction)) or any(
        raw_oracle.matches(snapshot, body, rule, side, peer, *call)
        for body in theirs
        for rule in body["spec"].get(direction) or []
    )


def rules(bodies: list[Body], section: str) -> list[tuple[Body, Body]]:
    return [(body, rule) for body in bodies for rule in body["spec"].get(section) or []]


def isolates(spec: Body, direction: str) -> bool:
    said = (spec.get("enableDefaultDeny") or {}).get(direction)
    return bool(spec.get(direction) or spec.get(f"{direction}Deny")) if said is None else bool(said)


def selects(snapshot: Snapshot, body: Body, endpoint: Endpoint) -> bool:
    """ "The endpointSelector always applies to pods in the namespace associated with the resource itself." """
    if not isinstance(endpoint, Pod) or endpoint.host_network:
        return False
    home = body["metadata"].get("namespace")
    if home is not None and endpoint.namespace != home:
        return False
    return selector_matches(body["spec"]["endpointSelector"], labels(snapshot, endpoint))


def labels(snapshot: Snapshot, pod: Pod) -> dict[str, str]:
    """Identity labels: the pod's, the namespace, its labels, and the service account."""
    spaces = snapshot.namespaces[pod.namespace].labels
    return {
        **pod.labels,
        _NAMESPACE: pod.namespace,
        "io.cilium.k8s.policy.serviceaccount": pod.service_account,
        **{_LABEL + key: value for key, value in spaces.items()},
    }


def selector_matches(selector: Body, having: Mapping[str, str]) -> bool:
    """Keys are of any source, or of k8s, which pods' labels are."""
    plain = {
        "matchLabels": {bare(key): value for key, value in (selector.get("matchLabels") or {}).items()},
        "matchExpressions": [{**one, "key": bare(one["key"])} for one in selector.get("matchExpressions") or []],
    }
    return raw_oracle.selector_matches(plain, having)


def bare(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")


def matches(
    snapshot: Snapshot,
    body: Body,
    rule: Body,
    subject: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool:
    lists = {
        name[2:] if name[0] == "t" else name[4:]: value for name, value in rule.items() if name[:2] in ("to", "fr")
    }
    ports = lists.pop("Ports", None)
    # An empty rule allows nobody, and neither does an empty list of peers.
    if not lists and not ports and not rule.get("icmps"):
        return False
    if rule.get("icmps") and not any(icmp_matches(e, protocol, port) for each in rule["icmps"] for e in each["fields"]):
        return False
    if ports and not any(port_matches(e, destination, protocol, port) for entry in ports for e in entry["ports"]):
        return False
    return not lists or any(
        peer_matches(snapshot, body, kind, entry, subject, peer) for kind, entries in lists.items() for entry in entries
    )


def icmp_matches(entry: Body, protocol: AnyProtocol, port: int) -> bool:
    """ "Family is a IP address version ... IPv4 is set as default"; a type by number or CamelCase name, any code."""
    if protocol.name != {"IPv4": "ICMP", "IPv6": "ICMPV6"}[entry.get("family", "IPv4")]:
        return False
    return port // 256 == {"EchoRequest": {"ICMP": 8, "ICMPV6": 128}[protocol.name]}.get(entry["type"], entry["type"])


def port_matches(entry: Body, destination: Endpoint, protocol: AnyProtocol, port: int) -> bool:
    """ "If omitted or empty, any protocol matches"; "Matching on ICMP is not supported". Port 0 is every port."""
    if protocol.name not in ("TCP", "UDP", "SCTP"):
        return False
    said = entry.get("protocol", "ANY")
    if said != "ANY" and said != protocol.name:
        return False
    text = entry["port"]
    if not text.isdecimal():
        return (
            isinstance(destination, Pod)
            and not destination.host_network
            and any(
                (container.name, container.protocol, container.number) == (text, protocol, port)
                for container in destination.ports
            )
        )
    first = int(text)
    return first == 0 or first <= port <= (entry.get("endPort") or first)


def peer_matches(snapshot: Snapshot, body: Body, kind: str, entry: Any, subject: Endpoint, peer: Endpoint) -> bool:
    if kind == "Entities":
        return entity_matches(snapshot, entry, subject, peer)
    if kind in ("CIDR", "CIDRSet"):
        # "CIDR rules do not apply to traffic where both sides are managed by Cilium or an IP of a node."
        block = {"cidr": entry} if kind == "CIDR" else entry
        return is_world(snapshot, peer) and any(raw_oracle.in_block(block, text) for text in raw_oracle.texts(peer))
    assert kind == "Endpoints"
    home = body["metadata"].get("namespace")
    keys = {
        bare(key)
        for key in (*(entry.get("matchLabels") or ()), *(e["key"] for e in entry.get("matchExpressions") or ()))
    }
    asks = any(key == _NAMESPACE or key.startswith(_LABEL) for key in keys)
    if not isinstance(peer, Pod) or peer.host_network:
        # Without a namespace in it a selector is narrowed to those that have one. What asks only for labels not to be
        # there also matches who has none; a clusterwide selector is narrowed unless it names the namespace itself.
        narrowed = not asks if home is not None else _NAMESPACE not in keys
        return not narrowed and selector_matches(entry, {})
    return (asks or home is None or peer.namespace == home) and selector_matches(entry, labels(snapshot, peer))


def entity_matches(snapshot: Snapshot, name: str, subject: Endpoint, peer: Endpoint) -> bool:
    of_node = is_of_a_node(snapshot, peer)
    own = isinstance(subject, Pod) and subject.node != "" and subject.node in nodes_of(snapshot, peer)
    return {
        "all": True,
        "world": is_world(snapshot, peer),
        "cluster": not is_world(snapshot, peer),
        "host": of_node and own,
        "remote-node": of_node and not own,
        "health": False,
    }[name]


def is_world(snapshot: Snapshot, peer: Endpoint) -> bool:
    return isinstance(peer, AddressEndpoint) and not is_of_a_node(snapshot, peer)
