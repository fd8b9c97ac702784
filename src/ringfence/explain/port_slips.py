"""Slips in a rule's ports: a Service's port in the place of the pods', a port name that nobody has."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.explain.services import Backend, target_of
from ringfence.model.objects import Pod, Service
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, NamedPort, PortRange
from ringfence.model.verdict import Endpoint


def service_meant(
    entry: PortRange, destination: Endpoint, asked: tuple[AnyProtocol, int], services: Iterable[Service]
) -> Service | None:
    """The Service whose own port is in a rule's entry, where its pods are reached on another: that ``asked`` for."""
    protocol, port = asked
    if entry.protocol != protocol or entry.lo <= port <= entry.hi:
        return None
    if not isinstance(destination, Pod) or (entry.lo, entry.hi) == (MIN_PORT, MAX_PORT):
        return None
    for service in services:
        if service.namespace != destination.namespace or not service.selector:
            continue
        if not service.selector.items() <= destination.labels.items():
            continue
        for offered in service.ports:
            names_it = offered.protocol == entry.protocol and entry.lo <= offered.port <= entry.hi
            if names_it and target_of(offered, Backend(destination)) == port != offered.port:
                return service
    return None


def resolves(entry: NamedPort, destination: Endpoint) -> bool:
    """True where the destination has a port of this name."""
    if not isinstance(destination, Pod) or destination.host_network:
        return False
    return any(p.name == entry.name and entry.protocol in (None, p.protocol) for p in destination.ports)


def declared(destination: Endpoint) -> str:
    """The port names that it does have, in brackets; empty where it has none."""
    named = [port for port in destination.ports if port.name] if isinstance(destination, Pod) else []
    if not named:
        return ""
    return " (it has " + ", ".join(f"`{port.name}`, {port.protocol} {port.number}" for port in named) + ")"
