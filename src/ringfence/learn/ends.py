"""Parties of flows as ends that a rule can name: groups of pods, and addresses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ringfence.flows.edges import Party, PartyKind
from ringfence.learn.groups import Group, Groups, point_of, workload_of
from ringfence.model.addresses import format_address
from ringfence.model.objects import Pod, Service, Snapshot
from ringfence.model.ports import AnyProtocol, Icmp, Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.survey.backends import Backends


@dataclass(frozen=True, slots=True)
class Address:
    """An address outside the cluster, or of a node. ``name`` is the DNS name that it was asked for by.

    ``hosts`` are the pods of the host network that were meant: the input may know their node by nothing else.
    """

    point: int
    name: str = ""
    other_names: tuple[str, ...] = ()
    is_node: bool = False
    hosts: tuple[Pod, ...] = field(default=(), compare=False)
    is_api_server: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        text = format_address(self.point)
        name = self.name or ("the API server" if self.is_api_server else "")
        return f"{name} ({text})" if name else text


API_SERVER = "default/kubernetes"
"""The Service of the API server, in every cluster."""

End = Group | Address
Arrival = tuple[End, int]
"""The end that a connection arrives at, and the port there."""


class UnnamedError(Exception):
    """No rule can name a party; the message says why."""


class GoneError(UnnamedError):
    """The party is a workload that is gone, so that nothing of it can be cut."""


class Ends:
    """Finds the ends that parties are."""

    def __init__(self, groups: Groups) -> None:
        snapshot = groups.snapshot
        self._groups = groups
        self.backends = Backends(snapshot)
        self.nodes_by_address = _nodes(snapshot)
        self._node_addresses = self.nodes_by_address.keys()
        self._pod_at = {address: pod for pod in snapshot.pods if not pod.host_network for address in pod.addresses}
        self.declared = {id(pod): {(port.protocol, port.number) for port in pod.ports} for pod in snapshot.pods}
        self._behind_port: dict[tuple[int, Protocol, int], set[int]] = {}
        self._serve(snapshot)

    def sources(self, party: Party) -> list[End]:
        """Where a connection comes from.

        Raises:
            UnnamedError: nobody can tell.
        """
        if workload_of(party) is not None:
            return self._workload(party)
        if party.kind is PartyKind.NODE:
            return list(self._node(party))
        if party.kind is PartyKind.SERVICE:
            raise UnnamedError("comes from the cluster address of a Service, which opens no connections")
        return [self._address(party)]

    def destinations(self, party: Party, protocol: AnyProtocol, port: int) -> list[Arrival]:
        """Where a connection arrives, with the port there: behind a Service, the pods' own.

        Raises:
            UnnamedError: nobody can tell.
        """
        if isinstance(protocol, Icmp):
            return [(end, port) for end in self._asked(party)]
        if workload_of(party) is not None:
            return [(end, number) for end in self._workload(party) for number in self._own_ports(end, protocol, port)]
        if party.kind is PartyKind.NODE:
            return [(end, port) for end in self._node(party)]
        if party.kind is PartyKind.SERVICE:
            return self._behind(party, protocol, port)
        return [(self._address(party), port)]

    def _asked(self, party: Party) -> Iterable[End]:
        """Who is meant by a party that ICMP goes to."""
        if workload_of(party) is not None:
            return self._workload(party)
        if party.kind is PartyKind.NODE:
            return self._node(party)
        if party.kind is PartyKind.SERVICE:
            raise UnnamedError("is the cluster address of a Service, which has no ports for ICMP")
        return [self._address(party)]

    def _serve(self, snapshot: Snapshot) -> None:
        """Notes where Services send to: those ports are the pods', as if they were declared."""
        for service in snapshot.services:
            for pod in self.backends.pods(service):
                for entry in service.ports:
                    number = entry.target_on(pod)
                    if number is not None:
                        self.declared[id(pod)].add((entry.protocol, number))
                        self._behind_port.setdefault((id(pod), entry.protocol, entry.port), set()).add(number)

    def _own_ports(self, end: End, protocol: Protocol, port: int) -> list[int]:
        """The port as the pods have it: some records have that of the Service, before the address was translated."""
        if not isinstance(end, Group) or any((protocol, port) in self.declared.get(id(pod), ()) for pod in end.pods):
            return [port]
        found = {number for pod in end.pods for number in self._behind_port.get((id(pod), protocol, port), ())}
        return sorted(found) or [port]

    def _workload(self, party: Party) -> list[End]:
        workload = workload_of(party)
        if workload is None:
            raise UnnamedError("is a pod of no known workload")
        group = self._groups.of(workload)
        if group is not None:
            return [group]
        hosts = self._groups.hosts(workload)
        if not hosts:
            raise GoneError("is gone from the cluster, and no record has its labels")
        found: dict[int, list[Pod]] = {}
        for pod in hosts:
            for address in pod.addresses:
                found.setdefault(address, []).append(pod)
        if not found:
            raise UnnamedError("is of the host network, and the input has no addresses of its nodes")
        return [Address(point, is_node=True, hosts=tuple(found[point])) for point in sorted(found)]

    def node_names(self, party: Party) -> set[str]:
        """The names of the node that a party is; none for any other party, and for a node that nobody knows."""
        if party.kind is not PartyKind.NODE:
            return set()
        kind, _, name = party.workload.partition("/")
        return ({name} if kind == "Node" and name else set()) | self.nodes_by_address.get(point_of(party), set())

    def _node(self, party: Party) -> list[Address]:
        names = self.node_names(party)
        points = {point for point, nodes in self.nodes_by_address.items() if nodes & names} | {point_of(party)}
        api = party.service == API_SERVER
        found = [Address(point, is_node=True, is_api_server=api) for point in sorted(points) if point >= 0]
        if not found:
            raise UnnamedError("is a node whose addresses neither the flows nor the input have")
        return found

    def _address(self, party: Party) -> Address | Group:
        point = point_of(party)
        if point < 0:
            raise UnnamedError("has no address on record")
        pod = self._pod_at.get(point)
        group = None if pod is None else self._groups.of(pod.workload)
        if group is not None and party.kind is not PartyKind.UNKNOWN:
            return group
        is_node = point in self._node_addresses
        if party.kind is PartyKind.UNKNOWN and not is_node:
            raise UnnamedError("is an address or a pod that the inventory doesn't have at that time")
        names = party.names if party.kind is PartyKind.EXTERNAL else ()
        name = names[0].lower().rstrip(".") if names else ""
        return Address(point, name, names[1:], is_node, is_api_server=party.service == API_SERVER)

    def _behind(self, party: Party, protocol: Protocol, port: int) -> list[Arrival]:
        service = self._service(party)
        if service is None:
            raise UnnamedError("is the cluster address of a Service that the input doesn't have")
        targets = self.backends.targets(service, protocol, port)
        if not targets:
            # The record may have the pods' port already.
            targets = tuple((pod, port) for pod in self.backends.pods(service) if _serves(service, pod, protocol, port))
        found = dict.fromkeys((end, number) for endpoint, number in targets for end in self._ends(endpoint))
        if not found:
            raise UnnamedError("is the cluster address of a Service without pods on that port")
        return list(found)

    def _service(self, party: Party) -> Service | None:
        namespace, slash, name = party.service.partition("/")
        if slash:
            return self.backends.service(namespace, name)
        return self.backends.at(point_of(party))

    def _ends(self, endpoint: Pod | AddressEndpoint) -> Iterable[End]:
        if isinstance(endpoint, Pod):
            group = self._groups.of(endpoint.workload)
            if group is not None and not endpoint.host_network:
                return [group]
            return [Address(address, is_node=True, hosts=(endpoint,)) for address in endpoint.addresses]
        return [Address(endpoint.address, is_node=endpoint.address in self._node_addresses)]


def _serves(service: Service, pod: Pod, protocol: Protocol, port: int) -> bool:
    return any(entry.protocol is protocol and entry.target_on(pod) == port for entry in service.ports)


def _nodes(snapshot: Snapshot) -> dict[int, set[str]]:
    """The names of the nodes at each address that is one, as nodes and pods of the host network tell."""
    found: dict[int, set[str]] = {}
    for node in snapshot.nodes:
        for address in node.addresses:
            found.setdefault(address, set()).add(node.name)
    for pod in snapshot.pods:
        for address in pod.addresses if pod.host_network else ():
            found.setdefault(address, set()).update({pod.node} if pod.node else ())
    return found
