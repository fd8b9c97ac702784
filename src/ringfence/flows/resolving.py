"""Looks up the end of a flow: which workload, node, Service or outside address it is, over the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from ringfence.flows.edges import Entrance, PartyKind
from ringfence.flows.inventory import API_SERVER, AddressOf, Inventory
from ringfence.flows.services import Target, target_of
from ringfence.flows.state import Label, PodState, ServiceState
from ringfence.flows.timeline import Held, Span, always
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.flow import EndKind, FlowEnd

_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Ranges that clusters take addresses from: RFC 1918, RFC 6598, RFC 4193."""

_ENTRANCES = (PartyKind.NODE, PartyKind.EXTERNAL, PartyKind.UNKNOWN)
"""What an address from outside may look like that is a Service's."""

_REMEMBERED = 100_000
"""Destinations with their port: many flows go to few of them, but those of scanners to ever new ones."""

_NAMED = (EndKind.POD, EndKind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Found:
    """What an end is. ``unit`` is the pod or address within the party: connections are counted by it.

    ``labels`` are None where nobody tells them. ``port`` is the destination's, after a Service was looked up. ``via``
    says by which address or port from outside it was reached.
    """

    kind: PartyKind
    cluster: str
    unit: str
    namespace: str = ""
    workload: str = ""
    address: str = ""
    service: str = ""
    pod: str = ""
    labels: tuple[Label, ...] | None = None
    port: int | None = None
    names: tuple[str, ...] = ()
    via: Entrance | None = None


class Resolver:
    """Looks up ends in an inventory, and remembers those that it has looked up."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._ends: dict[tuple[str, FlowEnd], list[Span[Found]]] = {}
        self._destinations: dict[tuple[str, FlowEnd, str, int | None], list[Span[Found]]] = {}
        self._targets: dict[tuple[str, ServiceState, str, int | None], Found] = {}
        self._declared: dict[tuple[str, str, str], tuple[tuple[str, int], ...]] = {}

    def end(self, cluster: str, end: FlowEnd) -> list[Span[Found]]:
        """What the end is, over the time; a Service stays one."""
        key = (cluster, end)
        found = self._ends.get(key)
        if found is None:
            found = self._ends[key] = self._look_up(cluster, end)
        return found

    def destination(self, cluster: str, end: FlowEnd, protocol: str, port: int | None) -> list[Span[Found]]:
        """What the end is as a destination at ``port``: a Service becomes the workload behind it, with its own port."""
        key = (cluster, end, protocol, port)
        found = self._destinations.get(key)
        if found is None:
            if len(self._destinations) >= _REMEMBERED:
                self._destinations.clear()
            found = [_held(span, self._behind(span.holder, protocol, port)) for span in self.end(cluster, end)]
            self._destinations[key] = found
        return found

    def declares(self, cluster: str, end: FlowEnd, protocol: str, port: int) -> bool:
        """Whether a container of a pod that the end is, or was, declares the port."""
        for span in self.end(cluster, end):
            found = span.holder
            if found is None:
                continue
            if self._entry(found, protocol, port)[0] is not None:
                return True
            if found.kind is PartyKind.SERVICE:
                service = self._inventory.service(cluster, found.service)
                if service and any(each.port == port and each.protocol == protocol for each in service.ports):
                    return True
            members = self._inventory.members.get((found.cluster, found.namespace, found.workload), ())
            if any(pod.declares(protocol, port) for pod in members):
                return True
        return False

    def behind(self, found: Found) -> tuple[object, ...]:
        """All that an end that was found can be as a destination, and the ports that it declares."""
        key = (found.cluster, found.namespace, found.workload)
        declared = self._declared.get(key)
        if declared is None:
            members = self._inventory.members.get(key, ())
            numbers = {(protocol, number) for pod in members for _, protocol, number in pod.ports}
            declared = self._declared[key] = tuple(sorted(numbers))
        names = {found.service} - {""}
        if (found.cluster, found.address) in self._inventory.api_servers:
            names.add(API_SERVER)
        asked: set[tuple[str, int]] = set()
        if found.kind in _ENTRANCES:
            asked.update(self._inventory.entrances(found.cluster, found.address) if found.address else ())
            asked.update(self._inventory.entrances(found.cluster, "") if found.kind is PartyKind.NODE else ())
        for service in filter(None, (self._inventory.service(found.cluster, name) for name in names)):
            asked.update((port.protocol, port.port) for port in service.ports)
            asked.update(("TCP", number) for _, ports in service.endpoints for _, number in ports)
        return declared, tuple((*each, self._behind(found, *each)) for each in sorted(asked))

    def _behind(self, found: Found | None, protocol: str, port: int | None) -> Found | None:
        if found is None:
            return None
        entry, named_port = self._entry(found, protocol, port)
        if entry is not None:
            return self._from_outside(found, entry, protocol, port, named_port)
        if found.kind is PartyKind.SERVICE:
            service = self._inventory.service(found.cluster, found.service)
            if service is not None:
                return self._target(found, service, protocol, port)
        elif (found.cluster, found.address) in self._inventory.api_servers and found.service != API_SERVER:
            service = self._inventory.service(found.cluster, API_SERVER)
            if service and any(
                address == found.address and any(number == port for _, number in ports)
                for address, ports in service.endpoints
            ):
                return replace(self._api_server(found.cluster, found.address), port=port)
        return replace(found, port=port)

    def _entry(self, found: Found, protocol: str, port: int | None) -> tuple[ServiceState | None, int | None]:
        """The Service whose entrance from outside an end is, and the port of the Service that is meant."""
        if found.kind in _ENTRANCES and found.address:
            service = self._inventory.entry(found.cluster, found.address, protocol, port)
            if service is not None:
                return service, port
        if found.kind is PartyKind.NODE:
            service = self._inventory.entry(found.cluster, "", protocol, port)
            if service is not None:
                ports = (each for each in service.ports if (each.node_port, each.protocol) == (port, protocol))
                return service, next(ports).port
        return None, None

    def _from_outside(
        self, found: Found, service: ServiceState, protocol: str, port: int | None, named: int | None
    ) -> Found:
        """The pods of a Service that was called at a node's port, or at its load balancer's address.

        With ``externalTrafficPolicy: Cluster``, the default, nodes may put their own address in the place of the
        client's, and the pods' policies then see a node (kubernetes.io, "Using Source IP").
        """
        place = f"node port {port}" if port != named else found.address
        via = Entrance(f"{place} of Service {service}", service.local)
        address = next(iter(service.addresses), "")
        entered = Found(PartyKind.SERVICE, found.cluster, address, address=address, service=str(service))
        behind = self._target(entered, service, protocol, named)
        return replace(behind, via=via)

    def _target(self, found: Found, service: ServiceState, protocol: str, port: int | None) -> Found:
        key = (found.cluster, service, protocol, port)
        known = self._targets.get(key)
        if known is None:
            known = self._targets[key] = self._make_target(found, service, protocol, port)
        return known

    def _make_target(self, found: Found, service: ServiceState, protocol: str, port: int | None) -> Found:
        if str(service) == API_SERVER:
            ports = [number for _, ports in service.endpoints for _, number in ports]
            return replace(self._api_server(found.cluster, found.address), port=ports[0] if ports else port)
        target: Target = target_of(self._inventory, found.cluster, service, protocol, port)
        if target.workload:
            unit = f"{service.namespace}/{target.workload}"
            return Found(
                PartyKind.WORKLOAD, found.cluster, unit, service.namespace, target.workload,
                labels=target.labels, port=target.port,
            )  # fmt: skip
        if target.address:
            spans = self.end(found.cluster, FlowEnd(address=target.address))
            last = spans[-1].holder
            if last is not None:
                return replace(last, port=target.port)
        return replace(found, port=target.port)

    def _look_up(self, cluster: str, end: FlowEnd) -> list[Span[Found]]:
        if end.kind is EndKind.API_SERVER:
            return always(self._api_server(cluster, end.address))
        if end.pod and end.namespace and end.kind in _NAMED:
            if end.pod.endswith("*"):
                return always(self._workload(cluster, end))
            return self._named(cluster, end)
        if end.workload and end.namespace and end.kind in _NAMED:
            return always(self._workload(cluster, end))
        if end.address:
            return [
                _held(span, self._holder(cluster, end, span.holder)) for span in self._addressed(cluster, end.address)
            ]
        return always(self._told(cluster, end))

    def _named(self, cluster: str, end: FlowEnd) -> list[Span[Found]]:
        spans = self._inventory.pod(cluster, end.namespace, end.pod)
        if spans[0].holder is None and len(spans) == 1:
            return always(self._workload(cluster, end))
        return [_held(span, None if span.holder is None else self._pod(cluster, span.holder)) for span in spans]

    def _pod(self, cluster: str, pod: PodState) -> Found:
        if pod.host_network:
            return replace(self._node(cluster, pod.node, next(iter(pod.addresses), "")), pod=pod.name)
        return Found(
            PartyKind.WORKLOAD, cluster, f"{pod.namespace}/{pod.name}", pod.namespace, pod.workload,
            pod=pod.name, labels=pod.labels or None,
        )  # fmt: skip

    def _workload(self, cluster: str, end: FlowEnd) -> Found:
        workload = self._inventory.workload(cluster, end.namespace, end.pod, end.workload)
        unit = f"{end.namespace}/{end.pod or workload}"
        pod = "" if end.pod.endswith("*") else end.pod
        return Found(
            PartyKind.WORKLOAD, cluster, unit, end.namespace, workload, pod=pod, labels=end.labels or None
        )  # fmt: skip

    def _addressed(self, cluster: str, address: str) -> list[Span[AddressOf | PodState]]:
        """Who has the address, over the time; pods as they were at that time."""
        found: list[Span[AddressOf | PodState]] = []
        for span in self._inventory.address(cluster, address):
            holder = span.holder
            if holder is None or holder.kind != "pod":
                found.append(Span(span.since, span.until, holder))
                continue
            for inner in self._inventory.pod(cluster, holder.namespace, holder.name):
                since, until = max(span.since, inner.since), min(span.until, inner.until)
                if since < until:
                    found.append(Span(since, until, inner.holder))
        return found

    def _holder(self, cluster: str, end: FlowEnd, holder: AddressOf | PodState | None) -> Found:
        if isinstance(holder, PodState):
            return self._pod(cluster, holder)
        if holder is None:
            return self._told(cluster, end)
        if holder.kind == "node":
            return self._node(cluster, holder.name, end.address)
        name = f"{holder.namespace}/{holder.name}"
        return Found(PartyKind.SERVICE, cluster, end.address, address=end.address, service=name)

    def _told(self, cluster: str, end: FlowEnd) -> Found:
        """What an end is that the inventory doesn't know."""
        unit = end.address or end.pod or end.service or "unknown"
        if end.kind is EndKind.NODE:
            return self._node(cluster, end.pod, end.address)
        if end.kind is EndKind.SERVICE or (end.service and not end.address):
            return Found(PartyKind.SERVICE, cluster, unit, address=end.address, service=end.service)
        inside = end.kind is EndKind.POD or (end.kind is EndKind.UNKNOWN and self._is_inside(cluster, end.address))
        kind = PartyKind.UNKNOWN if inside else PartyKind.EXTERNAL
        names = end.names or ((end.pod,) if end.pod and not end.namespace else ())
        return Found(kind, cluster, unit, end.namespace, address=end.address, names=names)

    def _is_inside(self, cluster: str, address: str) -> bool:
        if not address or self._inventory.is_near(cluster, address):
            return True
        if cluster in self._inventory.clusters:
            return False
        try:
            point = parse_address(address)
        except ValueError:
            return True
        return point in _private()

    def _node(self, cluster: str, name: str, address: str) -> Found:
        if not name:
            return Found(PartyKind.NODE, cluster, address, address=address)
        first = self._inventory.node_address(cluster, name)
        return Found(PartyKind.NODE, cluster, f"Node/{name}", workload=f"Node/{name}", address=first)

    def _api_server(self, cluster: str, address: str) -> Found:
        service = self._inventory.service(cluster, API_SERVER)
        at = [end for end, _ in service.endpoints] if service is not None else []
        first = min(at, default="" if service is not None else address)
        on_node = any(
            span.holder is not None and span.holder.kind == "node" for span in self._inventory.address(cluster, first)
        )
        kind = PartyKind.NODE if on_node else PartyKind.EXTERNAL
        return Found(kind, cluster, API_SERVER, address=first, service=API_SERVER)


@cache
def _private() -> AddressSet:
    private = AddressSet.cidr(_PRIVATE[0])
    for text in _PRIVATE[1:]:
        private |= AddressSet.cidr(text)
    return private


def _held(span: Span[Held], holder: Found | None) -> Span[Found]:
    """The same time, with another holder."""
    return Span(span.since, span.until, holder)
