"""What a cluster had at one time, reduced to what maps flows: pods, Services and nodes, their addresses as text."""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod, Service, Snapshot

Label = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PodState:
    """A pod. ``workload`` is ``Kind/name``; ``name`` is empty for a workload of which the input has no pods.

    ``ports`` are the declared ones: name, protocol (``TCP`` …), number.
    """

    namespace: str
    name: str
    workload: str
    labels: tuple[Label, ...] = ()
    addresses: tuple[str, ...] = ()
    node: str = ""
    host_network: bool = False
    ports: tuple[tuple[str, str, int], ...] = ()

    def declares(self, protocol: str, port: int) -> bool:
        """Whether a container declares the port."""
        return any(number == port and of == protocol for _, of, number in self.ports)


@dataclass(frozen=True, slots=True)
class ServicePortState:
    """A port of a Service; ``target`` is a number, or the name of a container port; nodes serve ``node_port``."""

    name: str
    protocol: str
    port: int
    target: int | str
    node_port: int | None = None

    def on(self, pod: PodState) -> int | None:
        """The pod's port that is meant; None where the pod has none of that name."""
        if isinstance(self.target, int):
            return self.target
        return next((number for name, of, number in pod.ports if name == self.target and of == self.protocol), None)


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A Service with cluster addresses. ``selector`` is None where it has none; then ``endpoints`` say where it leads.

    ``endpoints`` are addresses with ports by the name of the Service's port. ``external`` are the addresses of its load
    balancer and its ``externalIPs``; ``local`` tells that clients outside keep their addresses.
    """

    namespace: str
    name: str
    addresses: tuple[str, ...]
    ports: tuple[ServicePortState, ...]
    selector: tuple[Label, ...] | None = None
    endpoints: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()
    external: tuple[str, ...] = ()
    local: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node and its addresses."""

    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A cluster at ``time``, in seconds since 1970, UTC. ``cluster`` is the name that the user gives it, or empty."""

    time: float
    cluster: str = ""
    pods: tuple[PodState, ...] = ()
    services: tuple[ServiceState, ...] = ()
    nodes: tuple[NodeState, ...] = ()


def state_of(snapshot: Snapshot, time: float, cluster: str = "") -> State:
    """The state that a snapshot, taken at ``time``, describes."""
    return State(
        time,
        cluster,
        tuple(_pod(pod) for pod in snapshot.pods),
        tuple(_service(service) for service in snapshot.services),
        tuple(NodeState(node.name, _addresses(node.addresses)) for node in snapshot.nodes),
    )


def _pod(pod: Pod) -> PodState:
    return PodState(
        pod.namespace,
        "" if pod.planned else pod.name,
        f"{pod.workload.kind}/{pod.workload.name}",
        tuple(sorted(pod.labels.items())),
        _addresses(pod.addresses),
        pod.node,
        pod.host_network,
        tuple((port.name, str(port.protocol), port.number) for port in pod.ports),
    )


def _service(service: Service) -> ServiceState:
    return ServiceState(
        service.namespace,
        service.name,
        _addresses(service.cluster_addresses),
        tuple(
            ServicePortState(port.name, str(port.protocol), port.port, port.target, port.node_port)
            for port in service.ports
        ),
        None if service.selector is None else tuple(sorted(service.selector.items())),
        tuple((format_address(address), tuple(sorted(ports.items()))) for address, ports in service.endpoints),
        _addresses(service.external_addresses),
        service.external_local,
    )


def _addresses(points: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(format_address(point) for point in points)
