"""What a Service's port means on the pods behind it.

Policy sees the connection after translation: the pod's address and the *target* port, not the Service's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.model.errors import EndpointError
from ringfence.model.objects import Pod, Service, ServicePort
from ringfence.model.ports import Protocol
from ringfence.model.verdict import Endpoint


@dataclass(frozen=True, slots=True)
class Backend:
    """One endpoint of a Service; ``ports`` are those given for it by an EndpointSlice, by Service port name."""

    endpoint: Endpoint
    ports: Mapping[str, int] = field(default_factory=dict)


def written(service: Service) -> str:
    """How messages call a Service."""
    return f"Service {service.namespace}/{service.name}"


def service_ports(service: Service) -> tuple[tuple[Protocol, int], ...]:
    """The ports that a Service offers, ascending."""
    return tuple(sorted({(port.protocol, port.port) for port in service.ports}))


def target_of(port: ServicePort, backend: Backend) -> int | None:
    """The port that ``port`` means at one endpoint; ``None`` where the endpoint doesn't serve it."""
    if backend.ports:
        return backend.ports.get(port.name)
    if isinstance(backend.endpoint, Pod):
        return port.target_on(backend.endpoint)
    return port.target if isinstance(port.target, int) else None


def backends_of(
    service: Service, backends: Sequence[Backend], protocol: Protocol, port: int
) -> tuple[tuple[Endpoint, int], ...]:
    """Every endpoint of a Service port, with the port there.

    Raises:
        EndpointError: the Service doesn't have the port; the message lists those it has. Or no pod has the port's
            named target.
    """
    for entry in service.ports:
        if (entry.protocol, entry.port) == (protocol, port):
            break
    else:
        raise EndpointError(f"{written(service)} has no port {protocol} {port}. {_listing(service)}")
    found = [(backend.endpoint, target) for backend in backends if (target := target_of(entry, backend)) is not None]
    if not found:
        raise EndpointError(
            f"{written(service)} sends port {protocol} {port} to the container port named {entry.target!r}, "
            "and none of its pods has a port of that name and protocol."
        )
    return tuple(found)


def headless_backends(service: Service, backends: Sequence[Backend]) -> tuple[tuple[Protocol, int], ...]:
    """The pod ports that a headless Service's ports mean, on any of its endpoints."""
    return tuple(
        sorted(
            {
                (entry.protocol, target)
                for entry in service.ports
                for backend in backends
                if (target := target_of(entry, backend)) is not None
            }
        )
    )


def _listing(service: Service) -> str:
    if not service.ports:
        return "It has no ports."
    parts = [f"{port.protocol} {port.port} (pod port {port.target})" for port in service.ports]
    if any(port.port != port.target for port in service.ports):
        return f"It has {', '.join(parts)}. Ask for the Service's port, not the pod's."
    return f"It has {', '.join(parts)}."
