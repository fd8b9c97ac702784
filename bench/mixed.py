"""The same cluster with its policies written in several APIs, a third of them each: Kubernetes, Cilium and Calico.

Every tenth NetworkPolicy of the Kubernetes third is an AuthorizationPolicy of Istio instead. No cluster has all of
these at once; what is measured is that no API is slower to judge than another.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.plan import Plan

Body = dict[str, Any]

_NAME = "kubernetes.io/metadata.name"
_IN_CILIUM = "k8s:io.kubernetes.pod.namespace"
_LABELS_IN_CILIUM = "k8s:io.cilium.k8s.namespace.labels."


def mix(plan: Plan) -> None:
    """Write the NetworkPolicies of a plan in several APIs, and take its namespaces into a mesh."""
    plan.policies[:] = [_written(body, number) for number, body in enumerate(plan.policies)]
    for name, labels in plan.namespaces.items():
        plan.namespaces[name] = {**labels, "istio.io/dataplane-mode": "ambient"}


def _written(body: Body, number: int) -> Body:
    if body["kind"] != "NetworkPolicy":
        return body
    if number % 3 == 1:
        return _cilium(body)
    if number % 3 == 2:
        return _calico(body)
    return _istio(body) if number % 10 == 0 else body


def _sides(body: Body) -> Iterator[tuple[str, str, list[Body]]]:
    """``(direction, field of the peers, rules)`` of the directions that the policy isolates."""
    spec = body["spec"]
    types = spec.get("policyTypes", ["Ingress"])
    if "Ingress" in types:
        yield "ingress", "from", spec.get("ingress", [])
    if "Egress" in types:
        yield "egress", "to", spec.get("egress", [])


def _terms(selector: Body) -> Iterator[tuple[str, str, list[str]]]:
    """The requirements of a selector as ``(key, operator, values)``."""
    for key, value in selector.get("matchLabels", {}).items():
        yield key, "In", [value]
    for entry in selector.get("matchExpressions", ()):
        yield entry["key"], entry["operator"], entry.get("values", [])


# ---- Cilium ----------------------------------------------------------------------------------------------------------


def _cilium(body: Body) -> Body:
    spec: Body = {"endpointSelector": body["spec"]["podSelector"]}
    for direction, field, rules in _sides(body):
        spec[direction] = [part for rule in rules for part in _cilium_rules(rule, field)] or [{}]
    return {**body, "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "spec": spec}


def _cilium_rules(rule: Body, field: str) -> Iterator[Body]:
    ports = [{"ports": [_cilium_port(port) for port in rule["ports"]]}] if "ports" in rule else []
    ending = {"toPorts": ports} if ports else {}
    endpoints = [_endpoints(peer) for peer in rule.get(field, ()) if "ipBlock" not in peer]
    blocks = [peer["ipBlock"] for peer in rule.get(field, ()) if "ipBlock" in peer]
    if endpoints:
        yield {f"{field}Endpoints": endpoints, **ending}
    if blocks:
        yield {f"{field}CIDRSet": blocks, **ending}


def _endpoints(peer: Body) -> Body:
    terms = list(_terms(peer.get("podSelector", {})))
    for key, how, values in _terms(peer.get("namespaceSelector", {})):
        terms.append((_IN_CILIUM if key == _NAME else _LABELS_IN_CILIUM + key, how, values))
    return {
        "matchExpressions": [
            {"key": key, "operator": how} | ({"values": values} if values else {}) for key, how, values in terms
        ]
    }


def _cilium_port(port: Body) -> Body:
    written = {"port": str(port["port"]), "protocol": port.get("protocol", "TCP")}
    return written | ({"endPort": port["endPort"]} if "endPort" in port else {})


# ---- Calico ----------------------------------------------------------------------------------------------------------


def _calico(body: Body) -> Body:
    spec: Body = {"selector": _text(body["spec"]["podSelector"]), "types": []}
    for direction, field, rules in _sides(body):
        spec["types"].append(direction.capitalize())
        spec[direction] = [part for rule in rules for part in _calico_rules(rule, field)]
    return {**body, "apiVersion": "projectcalico.org/v3", "spec": spec}


def _calico_rules(rule: Body, field: str) -> Iterator[Body]:
    other = "source" if field == "from" else "destination"
    protocols: dict[str, list[Any]] = {}
    for port in rule.get("ports", ()):
        number = f"{port['port']}:{port['endPort']}" if "endPort" in port else port["port"]
        protocols.setdefault(port.get("protocol", "TCP"), []).append(number)
    for peer in rule.get(field, [{}]):
        for protocol, ports in protocols.items() or [("", [])]:
            entry: Body = {"action": "Allow"} | ({"protocol": protocol} if protocol else {})
            entry[other] = _entity(peer)
            if ports:
                entry.setdefault("destination", {})["ports"] = ports
            yield entry


def _entity(peer: Body) -> Body:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        return {"nets": [block["cidr"]]} | ({"notNets": block["except"]} if "except" in block else {})
    entity: Body = {"selector": _text(peer.get("podSelector", {}))}
    if "namespaceSelector" in peer:
        entity["namespaceSelector"] = _text(peer["namespaceSelector"])
    return entity


def _text(selector: Body) -> str:
    parts = []
    for key, how, values in _terms(selector):
        listed = ", ".join(f"'{value}'" for value in values)
        parts.append(
            {"In": f"{key} in {{{listed}}}", "NotIn": f"{key} not in {{{listed}}}", "Exists": f"has({key})"}[how]
        )
    return " && ".join(parts) or "all()"


# ---- Istio -----------------------------------------------------------------------------------------------------------


def _istio(body: Body) -> Body:
    """A policy of the mesh for the same pods: who of their namespace may call them."""
    own = body["metadata"]["namespace"]
    selector = {"matchLabels": body["spec"]["podSelector"].get("matchLabels", {})}
    rule = {"from": [{"source": {"namespaces": [own]}}], "to": [{"operation": {"ports": ["8080", "9090"]}}]}
    return {
        **body,
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "spec": {"selector": selector, "action": "ALLOW", "rules": [rule]},
    }
