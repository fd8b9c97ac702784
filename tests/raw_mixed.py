"""Policies of several APIs in one cluster, judged straight from their bodies: the oracles of each, one after another.

The order is that of docs/architecture.md: tiers by their order, on whose scale the Admin tier has 1,000, NetworkPolicy
1,000,000 (in Calico's tier ``default``, with the order 1,000 there) and the Baseline tier 10,000,000; Cilium's denies
before what NetworkPolicy and Cilium allow together. An EgressFirewall and the mesh must both allow, besides.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringfence.model.objects import Pod, Snapshot
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import Endpoint
from tests import raw_cilium, raw_oracle, raw_tiers
from tests.dialects.calico import raw
from tests.dialects.istio import raw_mesh

Body = Mapping[str, Any]
_ADMIN, _DEFAULT, _BASELINE = 1_000.0, 1_000_000.0, 10_000_000.0
_NETWORK_POLICY = 1_000.0


@dataclass(frozen=True)
class Call:
    """One connection, at one of its ends."""

    snapshot: Snapshot
    direction: str
    subject: Endpoint
    peer: Endpoint
    destination: Endpoint
    protocol: AnyProtocol
    port: int

    @property
    def tail(self) -> tuple[Endpoint, AnyProtocol, int]:
        return self.destination, self.protocol, self.port


def allowed(
    snapshot: Snapshot,
    bodies: list[Body],
    calico: raw.World | None,
    source: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> tuple[bool, bool]:
    """``(egress, ingress)`` of what is certain; ``calico`` holds Calico's policies, with what their selectors mean."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True, True
    out = Call(snapshot, "egress", source, destination, destination, protocol, port)
    into = Call(snapshot, "ingress", destination, source, destination, protocol, port)
    local = raw_oracle.is_local_node(snapshot, source, destination)
    mesh = [body for body in bodies if body["kind"] in ("AuthorizationPolicy", "PeerAuthentication")]
    return (
        network(bodies, calico, out) and firewall(bodies, out),
        local
        or (
            network(bodies, calico, into) and raw_mesh.allowed(mesh, source, destination, protocol, port, certain=True)
        ),
    )


def network(bodies: list[Body], calico: raw.World | None, call: Call) -> bool:
    """The stages in order; the first that decides, decides."""
    if not raw_tiers.is_pod(call.subject):
        return True
    stages = sorted([*_kubernetes(bodies, calico, call), *_calico(bodies, calico, call)], key=lambda stage: stage[:2])
    return next((decision for _, _, decision in stages if decision is not None), True)


def _kubernetes(bodies: list[Body], calico: raw.World | None, call: Call) -> Iterator[tuple[float, str, bool | None]]:
    where = call.snapshot, call.direction, call.subject, call.peer
    for rank, kind, tier in (
        (_ADMIN, "AdminNetworkPolicy", "Admin"),
        (_BASELINE, "BaselineAdminNetworkPolicy", "Baseline"),
    ):
        members = [body for body in bodies if body["kind"] == kind or body["spec"].get("tier") == tier]
        members = [body for body in members if body["apiVersion"].startswith("policy.networking.k8s.io/")]
        decision = raw_tiers.tier(call.snapshot, members, call.direction, call.subject, call.peer, *call.tail)
        yield rank, "", decision
    cilium = [body for body in bodies if body["kind"].startswith("Cilium")]
    yield 500_000.0, "", False if raw_cilium.denied(call.snapshot, cilium, *where[1:], *call.tail) else None
    if calico is None:
        others = [body for body in bodies if body["apiVersion"] == "networking.k8s.io/v1"]
        yield _DEFAULT, "", raw_cilium.allows(call.snapshot, cilium, others, *where[1:], *call.tail)


def _calico(bodies: list[Body], calico: raw.World | None, call: Call) -> Iterator[tuple[float, str, bool | None]]:
    """Each tier: its policies by order and name, NetworkPolicies among those of the default one, and then its end."""
    if calico is None:
        return
    ends = [raw_oracle.texts(end)[0] for end in _ends(call)]
    pod = next(thing for thing in calico.things if thing.address == raw_oracle.texts(call.subject)[0])
    for name, spec in calico.tiers.items():
        applying: list[tuple[float, str, Body]] = [
            (float(body["spec"].get("order", "inf")), body["metadata"]["name"], body)
            for body in calico.policies
            if calico.applies(body, name, call.direction, pod)
        ]
        if name == "default":
            applying += [
                (_NETWORK_POLICY, body["metadata"]["name"], body)
                for body in bodies
                if body["apiVersion"] == "networking.k8s.io/v1"
                and call.direction.capitalize() in raw_oracle.policy_types(body["spec"])
                and raw_oracle.selects(body, call.subject)
            ]
        action = _first(calico, [body for _, _, body in sorted(applying, key=lambda each: each[:2])], call, ends)
        if action is None and applying:
            action = spec.get("defaultAction", "Deny")
        rank = float(spec.get("order", "inf"))
        yield rank, name, {"Allow": True, "Deny": False}.get(action or "")


def _ends(call: Call) -> tuple[Endpoint, Endpoint]:
    """The source and the destination."""
    return (call.subject, call.peer) if call.direction == "egress" else (call.peer, call.subject)


def _first(calico: raw.World, bodies: list[Body], call: Call, ends: list[str]) -> str | None:
    for body in bodies:
        if body["apiVersion"] == "networking.k8s.io/v1":
            side = "to" if call.direction == "egress" else "from"
            if any(
                raw_oracle.matches(call.snapshot, body, rule, side, call.peer, *call.tail)
                for rule in body["spec"].get(call.direction) or []
            ):
                return "Allow"
            continue
        action = calico.decides(dict(body), call.direction, (ends[0], ends[1], str(call.protocol), call.port))
        if action is not None:
            return action
    return None


def firewall(bodies: list[Body], call: Call) -> bool:
    """EgressFirewall: the first rule that matches; ranges never match pods of the cluster, and no match allows."""
    if not raw_tiers.is_pod(call.subject) or raw_tiers.is_pod(call.peer):
        return True
    assert isinstance(call.subject, Pod)
    for body in bodies:
        if body["kind"] != "EgressFirewall" or body["metadata"]["namespace"] != call.subject.namespace:
            continue
        for rule in body["spec"]["egress"]:
            block = ipaddress.ip_network(rule["to"]["cidrSelector"])
            ports = rule.get("ports") or []
            if any(ipaddress.ip_address(text) in block for text in raw_oracle.texts(call.peer)) and (
                not ports or any((p["protocol"], p["port"]) == (call.protocol.name, call.port) for p in ports)
            ):
                return bool(rule["type"] == "Allow")
    return True
