"""Which pod had a name or an address at a time: from states of the cluster, and from what the records tell themselves.

A pod that is gone keeps its name and, until another is seen with it, its address. Everything is by cluster, because
addresses of two clusters may be the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from ringfence.flows.state import NodeState, PodState, ServiceState, State
from ringfence.flows.timeline import Sighting, Span, always, spans
from ringfence.flows.workload_names import topmost, workload_of

API_SERVER = "default/kubernetes"
"""The Service that every cluster has for its API server (kubernetes.io, "Accessing the Kubernetes API")."""


@dataclass(frozen=True, slots=True)
class Told:
    """A pod as records name it, seen from ``first`` to ``last``; what they don't tell is empty."""

    cluster: str
    pod: PodState
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class AddressOf:
    """Whose an address is: a pod's by namespace and name, a node's by name, or a Service's."""

    kind: str
    namespace: str
    name: str

    def order(self) -> tuple[str, ...]:
        """Decides between holders seen at the same time."""
        return (self.kind, self.namespace, self.name)


_NOBODY: list[Span[AddressOf]] = always(None)
_NO_NAMES: Mapping[str, str] = {}


class Inventory:
    """Pods, Services and nodes with time. Build it anew when a state or more records come."""

    def __init__(self, states: Iterable[State] = (), told: Iterable[Told] = ()) -> None:
        self._states = sorted(states, key=lambda state: (state.cluster, state.time))
        self._pods: dict[tuple[str, str, str], list[Sighting[PodState]]] = defaultdict(list)
        self._addresses: dict[tuple[str, str], list[Sighting[AddressOf]]] = defaultdict(list)
        self._nodes: dict[tuple[str, str], str] = {}
        self._services: dict[tuple[str, str], ServiceState] = {}
        self._workloads: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self.members: dict[tuple[str, str, str], list[PodState]] = defaultdict(list)
        """All that is known of a workload's pods, by cluster, namespace and ``Kind/name``."""
        self._nearby: set[tuple[str, int, int]] = set()
        self._entries: dict[tuple[str, str, str, int], ServiceState] = {}
        self._entrances: dict[tuple[str, str], set[tuple[str, int]]] = defaultdict(set)
        self._writers: dict[tuple[str, str], str] = {}
        self.api_servers: set[tuple[str, str]] = set()
        for state in self._states:
            self._take(state)
        self._listed = {
            key: any(each.holder is not None and each.holder.host_network for each in seen)
            for key, seen in self._pods.items()
        }
        self._forget()
        for each in sorted(told, key=_order):
            self._tell(each)
        self._by_address = {key: spans(seen, AddressOf.order) for key, seen in self._addresses.items()}
        self._by_name = {key: spans(seen, _pod_order) for key, seen in self._pods.items()}

    @property
    def clusters(self) -> set[str]:
        """The clusters of which a state is known."""
        return {state.cluster for state in self._states}

    def pod(self, cluster: str, namespace: str, name: str) -> list[Span[PodState]]:
        """The pod of a name, over the time; nobody where it is not known."""
        return self._by_name.get((cluster, namespace, name)) or always(None)

    def address(self, cluster: str, address: str) -> Sequence[Span[AddressOf]]:
        """Who has an address, over the time."""
        return self._by_address.get((cluster, address), _NOBODY)

    def node_address(self, cluster: str, name: str) -> str:
        """The first address of a node, as it was last; empty where the node is not known."""
        return self._nodes.get((cluster, name), "")

    def writer_node(self, cluster: str, writer: str) -> str:
        """The node that ``writer`` stands for: that of the agent's pod, ``namespace/name`` or its name, where known."""
        return self._writers.get((cluster, writer)) or writer

    def service(self, cluster: str, name: str) -> ServiceState | None:
        """A Service by ``namespace/name``, as it was last."""
        return self._services.get((cluster, name))

    def entry(self, cluster: str, address: str, protocol: str, port: int | None) -> ServiceState | None:
        """The Service that is reached from outside at an address and port; without an address, at a port of any node.

        The latest one counts: addresses and ports of nodes may be given to another Service.
        """
        return None if port is None else self._entries.get((cluster, address, protocol, port))

    def entrances(self, cluster: str, address: str) -> Iterable[tuple[str, int]]:
        """The protocols and ports at which Services are reached from outside at an address; without one, at nodes."""
        return self._entrances.get((cluster, address), ())

    def workload(self, cluster: str, namespace: str, pod: str, told: str) -> str:
        """``Kind/name`` of a pod's workload, where a record names the pod, and may name the workload (``told``)."""
        known = self._workloads.get((cluster, namespace), _NO_NAMES)
        return topmost(told, known) if told else workload_of(pod, known)

    def selected(self, cluster: str, service: ServiceState) -> list[PodState]:
        """The pods that a Service selects, of all times."""
        if not service.selector:
            return []
        wanted = set(service.selector)
        return [
            pod
            for (of, namespace, _), pods in self.members.items()
            if of == cluster and namespace == service.namespace
            for pod in pods
            if wanted <= set(pod.labels)
        ]

    def is_near(self, cluster: str, address: str) -> bool:
        """Whether pods have been seen in the same /24 (IPv4) or /64 (IPv6), so that it is likely a pod's, too.

        Network plugins give a node's pods a range of about that size.
        """
        return _range(cluster, address) in self._nearby

    def _take(self, state: State) -> None:
        cluster, time = state.cluster, state.time
        for pod in state.pods:
            kind, _, name = pod.workload.partition("/")
            self._workloads[cluster, pod.namespace].setdefault(name, f"{kind}/{name}")
            self._member(cluster, pod)
            if pod.name and pod.node:
                self._writer(cluster, pod)
            if pod.name:
                self._pods[cluster, pod.namespace, pod.name].append(Sighting(time, time, pod))
            if not pod.host_network:
                self._hold(cluster, pod.addresses, time, AddressOf("pod", pod.namespace, pod.name))
        for node in state.nodes:
            self._node(cluster, node, time)
        for service in state.services:
            self._services[cluster, str(service)] = service
            holder = AddressOf("service", service.namespace, service.name)
            self._enter(cluster, service)
            for address in service.addresses:
                self._addresses[cluster, address].append(Sighting(time, time, holder))
            if str(service) == API_SERVER:
                self.api_servers.update((cluster, address) for address in service.addresses)
                self.api_servers.update((cluster, address) for address, _ in service.endpoints)

    def _writer(self, cluster: str, pod: PodState) -> None:
        """Notes where a pod runs, also by its name alone; nowhere if the name is on several nodes."""
        for writer in (f"{pod.namespace}/{pod.name}", pod.name):
            if self._writers.setdefault((cluster, writer), pod.node) != pod.node:
                self._writers[cluster, writer] = ""

    def _enter(self, cluster: str, service: ServiceState) -> None:
        for port in service.ports:
            places = [(address, port.port) for address in service.external]
            if port.node_port is not None:
                places.append(("", port.node_port))
            for address, number in places:
                self._entries[cluster, address, port.protocol, number] = service
                self._entrances[cluster, address].add((port.protocol, number))

    def _node(self, cluster: str, node: NodeState, time: float) -> None:
        self._nodes[cluster, node.name] = next(iter(node.addresses), "")
        for address in node.addresses:
            self._addresses[cluster, address].append(Sighting(time, time, AddressOf("node", "", node.name)))

    def _hold(self, cluster: str, addresses: Iterable[str], time: float, holder: AddressOf) -> None:
        for address in addresses:
            self._addresses[cluster, address].append(Sighting(time, time, holder))
            self._nearby.add(_range(cluster, address))

    def _member(self, cluster: str, pod: PodState) -> None:
        pods = self.members[cluster, pod.namespace, pod.workload]
        if pod not in pods[-64:]:  # the same pod in the next state; a workload's pods stand near each other
            pods.append(pod)

    def _forget(self) -> None:
        """Notes for each state which addresses nobody had: a pod without a successor is gone with the next state."""
        times: dict[str, list[float]] = defaultdict(list)
        for state in self._states:
            if any(pod.addresses for pod in state.pods):
                times[state.cluster].append(state.time)
        for (cluster, _), seen in self._addresses.items():
            present = {each.first for each in seen}
            seen.extend(Sighting(time, time, None) for time in times[cluster] if time not in present)

    def _tell(self, told: Told) -> None:
        cluster, pod = told.cluster, told.pod
        key = (cluster, pod.namespace, pod.name)
        known = self._listed.get(key)
        if known is None:
            workload = self.workload(cluster, pod.namespace, pod.name, pod.workload)
            full = PodState(pod.namespace, pod.name, workload, pod.labels, pod.addresses, pod.node)
            self._pods[key].append(Sighting(told.first, told.last, full))
            self._member(cluster, full)
        elif known:
            return
        holder = AddressOf("pod", pod.namespace, pod.name)
        for address in pod.addresses:
            self._addresses[cluster, address].append(Sighting(told.first, told.last, holder))
            self._nearby.add(_range(cluster, address))


def _order(told: Told) -> tuple[str, str, str, float, float, str]:
    return (told.cluster, told.pod.namespace, told.pod.name, told.first, told.last, repr(told.pod))


def _pod_order(pod: PodState) -> tuple[str, ...]:
    return (pod.workload, *(f"{key}={value}" for key, value in pod.labels), *pod.addresses, pod.node)


def _range(cluster: str, address: str) -> tuple[str, int, int]:
    try:
        parsed = ip_address(address)
    except ValueError:
        return (cluster, 0, 0)
    return (cluster, parsed.version, int(parsed) >> (8 if parsed.version == 4 else 64))
