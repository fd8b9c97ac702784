"""What a rule of a template points at: pods by labels, or addresses, with ports; and how each dialect writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.ports import Protocol

PortNumber = tuple[Protocol, int]

DNS_PORTS: tuple[PortNumber, ...] = ((Protocol.UDP, 53), (Protocol.TCP, 53))
RESOLVER_PORTS: tuple[PortNumber, ...] = (*DNS_PORTS, (Protocol.TCP, 853), (Protocol.UDP, 853))
"""Plain DNS (RFC 1035), DNS over TLS (RFC 7858) and over QUIC (RFC 9250)."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """Pods of one namespace by labels (all of them for no labels), or the addresses given; on these ports.

    ``ports`` of ``None`` is every port.
    """

    namespace: str = ""
    labels: Mapping[str, str] | None = None
    addresses: tuple[int, ...] = ()
    ports: tuple[PortNumber, ...] | None = None
    note: str = ""


def cidr(address: int) -> str:
    """The range of one address."""
    return f"{format_address(address)}/{32 if address <= V4_MAX else 128}"


def namespace_selector(name: str) -> Json:
    """The selector of one namespace by the label that the API server sets."""
    return {"matchLabels": {NAMESPACE_NAME_LABEL: name}}


def pod_selector(labels: Mapping[str, str] | None) -> Json:
    """The selector of pods with these labels."""
    return {"matchLabels": dict(labels)} if labels else {}


# ---- NetworkPolicy ---------------------------------------------------------------------------------------------------


def rule(target: Target, side: str = "to") -> Json:
    """One rule of a NetworkPolicy."""
    if target.addresses:
        peers: list[Json] = [{"ipBlock": {"cidr": cidr(address)}} for address in target.addresses]
    else:
        peer: Json = {"namespaceSelector": namespace_selector(target.namespace)}
        if target.labels:
            peer["podSelector"] = pod_selector(target.labels)
        peers = [peer]
    written: Json = {side: peers}
    if target.ports is not None:
        written["ports"] = port_entries(target.ports)
    return written


def port_entries(ports: Iterable[PortNumber]) -> list[Json]:
    """``ports`` of a NetworkPolicy's rule."""
    return [{"protocol": str(protocol), "port": port} for protocol, port in ports]


def ports_except(closed: Iterable[PortNumber]) -> list[Json]:
    """``ports`` of a rule that allows every port of every protocol but these."""
    entries: list[Json] = []
    for protocol in Protocol:
        low = 1
        for port in sorted(number for kind, number in closed if kind is protocol):
            if low < port:
                entries.append({"protocol": str(protocol), "port": low, "endPort": port - 1})
            low = port + 1
        if low == 1:
            entries.append({"protocol": str(protocol)})
        else:
            entries.append({"protocol": str(protocol), "port": low, "endPort": 65535})
    return entries


# ---- ClusterNetworkPolicy --------------------------------------------------------------------------------------------


def cluster_rule(target: Target, name: str, action: str) -> Json:
    """One egress rule of a ClusterNetworkPolicy."""
    if target.addresses:
        peer: Json = {"networks": [cidr(address) for address in target.addresses]}
    elif target.labels:
        peer = {
            "pods": {
                "namespaceSelector": namespace_selector(target.namespace),
                "podSelector": pod_selector(target.labels),
            }
        }
    else:
        peer = {"namespaces": namespace_selector(target.namespace)}
    written: Json = {"name": name, "action": action, "to": [peer]}
    if target.ports is not None:
        written["protocols"] = cluster_protocols(target.ports)
    return written


def cluster_protocols(ports: Iterable[PortNumber]) -> list[Json]:
    """``protocols`` of a ClusterNetworkPolicy's rule."""
    return [{str(protocol).lower(): {"destinationPort": {"number": port}}} for protocol, port in ports]
