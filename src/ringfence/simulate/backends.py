"""Which pods a call goes from and to, at one moment."""

from __future__ import annotations

from random import Random

from ringfence.model.addresses import format_address
from ringfence.model.flow import EndKind
from ringfence.model.objects import Pod, Service, Snapshot, WorkloadRef
from ringfence.model.ports import Protocol
from ringfence.simulate.addresses import node_address, service_address
from ringfence.simulate.connection import End, Instance, Purpose, ServiceEnd
from ringfence.simulate.plan import Plan
from ringfence.simulate.roster import Roster
from ringfence.simulate.wiring import Call
from ringfence.survey import Survey

Reached = tuple[End, End, int, ServiceEnd | None]
"""Source, destination, the port that arrives there, and the Service that was dialled."""


class Ends:
    """Chooses pods that are there, as a Service would: those that it selects."""

    def __init__(self, snapshot: Snapshot, known: Survey, plan: Plan, roster: Roster) -> None:
        self.roster = roster
        self._plan = plan
        self._services = {
            (one.namespace, one.name): _cluster_address(one, number) for number, one in enumerate(snapshot.services)
        }
        self._dns = known.dns
        self._dns_pods = {pod.workload for server in known.dns for pod in server.pods}
        self._api = _api_server(known)
        self._made: dict[int, End] = {}

    def service_address(self, namespace: str, name: str) -> str:
        """The cluster address of a Service; empty for a headless one."""
        return self._services.get((namespace, name), "")

    def choose(self, call: Call, time: float, rng: Random) -> Reached | None:
        """The two ends of a call; None where one has no pod at that time."""
        if call.source is None:
            return self._probe(call, time, rng)
        sources = self.roster.alive(call.source, time)
        if not sources:
            return None
        source = self.end(rng.choice(sources))
        if call.purpose is Purpose.API_SERVER:
            address = self.service_address("default", "kubernetes") or service_address(-9)
            return source, self._api, 6443, ServiceEnd("default", "kubernetes", address, 443, "https")
        if call.host or call.address:
            return source, End(EndKind.EXTERNAL, call.address), call.port, None
        found = self._backend(call, time, rng, source.instance)
        if found is None:
            return None
        instance, port = found
        service = None
        if call.service is not None:
            one = call.service
            name = call.service_port.name if call.service_port is not None else ""
            service = ServiceEnd(one.namespace, one.name, self._services[one.namespace, one.name], call.port, name)
        return source, self.end(instance), port, service

    def dns(self, source: End, time: float, rng: Random) -> tuple[End, int, ServiceEnd | None] | None:
        """The DNS server that a pod asks, and its port; None where the cluster shows none.

        DNS pods ask the resolvers of their node (``dnsPolicy: Default``).
        """
        if source.instance is not None and source.instance.pod.workload in self._dns_pods:
            return None
        for server in self._dns:
            ports = server.ports.of_protocol(Protocol.UDP)
            if not ports:
                continue
            if server.address is not None:
                return End(EndKind.NODE, format_address(server.address), source.node), ports[0][0], None
            alive = [one for ref in _refs(server.pods) for one in self.roster.alive(ref, time)]
            if alive:
                service = None
                if server.service is not None:
                    one = server.service
                    address = self._services[one.namespace, one.name]
                    service = ServiceEnd(one.namespace, one.name, address, 53, "dns")
                return self.end(rng.choice(alive)), ports[0][0], service
        return None

    def listens(self, destination: End, protocol: Protocol, port: int, time: float) -> bool:
        """True where the pod has the port; a pod that declares none is taken to have every one."""
        if destination.instance is None:
            return True
        pod = destination.instance.pod
        hours = (time - self._plan.start) / 3600
        for closed in self._plan.closed:
            if (closed.workload, closed.port) == (str(pod.workload), port) and closed.start <= hours < closed.end:
                return False
        if not pod.ports:
            return True
        return any((one.protocol, one.number) == (protocol, port) for one in pod.ports)

    def end(self, instance: Instance) -> End:
        """The end that a pod is. A host-network pod is seen as its node."""
        known = self._made.get(id(instance))
        if known is None:
            kind = EndKind.NODE if instance.pod.host_network else EndKind.POD
            known = self._made[id(instance)] = End(kind, instance.address, instance.pod.node, instance)
        return known

    def _probe(self, call: Call, time: float, rng: Random) -> Reached | None:
        found = self._backend(call, time, rng)
        if found is None:
            return None
        instance, port = found
        node = self.roster.node(instance.pod.node)
        address = node.address if node is not None else node_address(0)
        return End(EndKind.NODE, address, instance.pod.node), self.end(instance), port, None

    def _backend(
        self, call: Call, time: float, rng: Random, but: Instance | None = None
    ) -> tuple[Instance, int] | None:
        """A pod behind the call, and its port. Replicas look for each other: nobody calls itself."""
        ports = dict(call.workloads)
        here = [one for ref in ports for one in self.roster.alive(ref, time)]
        alive = [one for one in here if one is not but and _selected(call.service, one.pod)]
        if not alive:
            return None
        instance = rng.choice(alive)
        port = ports[instance.pod.workload]
        if call.service_port is not None:
            port = call.service_port.target_on(instance.pod) or port
        return instance, port


def _selected(service: Service | None, pod: Pod) -> bool:
    if service is None or not service.selector:
        return True
    return service.namespace == pod.namespace and service.selector.items() <= pod.labels.items()


def _refs(pods: tuple[Pod, ...]) -> tuple[WorkloadRef, ...]:
    return tuple(dict.fromkeys(pod.workload for pod in pods))


def _cluster_address(service: Service, number: int) -> str:
    if service.headless or service.external_name:
        return ""
    return format_address(service.cluster_addresses[0]) if service.cluster_addresses else service_address(number)


def _api_server(known: Survey) -> End:
    """Where the API server answers: its own pod's address, that given for its Service, or a made-up control plane."""
    for pod in known.api_servers:
        if pod.addresses:
            return End(EndKind.API_SERVER, format_address(pod.addresses[0]), pod.node)
    if known.api_service is not None and known.api_service.endpoints:
        return End(EndKind.API_SERVER, format_address(known.api_service.endpoints[0][0]))
    return End(EndKind.API_SERVER, node_address(0))
