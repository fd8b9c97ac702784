"""The connections that a fix of many is to restore: those that the survey finds, or those that the user lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ringfence.explain.endpoints import Target
from ringfence.fix.effects import Connection
from ringfence.fix.world import World
from ringfence.model.objects import Pod, Service, WorkloadRef
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.survey import Dependency, DnsServer, Route, Survey
from ringfence.survey.dns import DNS_PORT


@dataclass(frozen=True, slots=True)
class Wanted:
    """One connection that must be allowed, for every source with every target.

    ``port`` is the one that is asked for, a Service's where it is one; ``targets`` have the ports of the pods. ``dns``
    marks a question for names. ``origin`` is what shows the need, ``assumed`` a sentence on what it leaves open.
    """

    source: str
    sources: tuple[Endpoint, ...]
    destination: str
    targets: tuple[Target, ...]
    protocol: Protocol
    port: int
    dns: bool = False
    origin: Origin = UNKNOWN
    assumed: str = ""

    @property
    def connection(self) -> Connection:
        """What the engine is asked."""
        return Connection(self.sources, self.targets, self.protocol)

    def __str__(self) -> str:
        return f"{self.source} to {self.destination} on {self.protocol} {self.port}"


def needed(
    survey: Survey,
    pods: Iterable[Pod],
    world: World,
    *,
    more: Sequence[Dependency] = (),
    namespaces: frozenset[str] = frozenset(),
) -> tuple[Wanted, ...]:
    """Everything that the cluster needs: names for every pod that asks for them, then each dependency.

    ``more`` are dependencies that the survey doesn't know of; ``namespaces`` keeps those with an end in one of them.
    """
    found = (*names(survey, pods), *dependencies((*survey.dependencies, *more), world))
    if not namespaces:
        return found
    return tuple(each for each in found if any(_within(end, namespaces) for end in _ends(each)))


def names(survey: Survey, pods: Iterable[Pod]) -> tuple[Wanted, ...]:
    """Names, workload by workload, over UDP and TCP: long answers come over TCP (RFC 7766).

    Pods of the host network ask their node's resolver, which is not judged here, and pods with name servers of their
    own ask those. Where there is NodeLocal DNSCache, it is asked in the place of the DNS pods. What DNS pods need
    themselves comes last.
    """
    local = [server for server in survey.dns if server.address is not None]
    servers = local[:1] or survey.dns
    own = {id(pod) for server in survey.dns for pod in server.pods}
    cluster = {point for server in survey.dns if server.service for point in server.service.cluster_addresses}
    groups: dict[WorkloadRef, list[Pod]] = {}
    elsewhere: dict[WorkloadRef, list[Pod]] = {}
    for pod in pods:
        if pod.host_network or id(pod) in own:
            continue
        asks_cluster = pod.resolvers is None or cluster.intersection(pod.resolvers)
        (groups if asks_cluster else elsewhere).setdefault(pod.workload, []).append(pod)
    asking = (
        Wanted(str(workload), tuple(group), _called(server), targets, protocol, DNS_PORT, dns=True)
        for workload, group in groups.items()
        for server in servers
        for protocol, targets in _answers(server)
    )
    others = (
        each
        for workload, group in elsewhere.items()
        for point in group[0].resolvers or ()  # none: those of the node, which the input doesn't tell
        for each in _resolver(str(workload), tuple(group), point)
    )
    return (*asking, *others, *_of_servers(survey))


def _resolver(source: str, pods: tuple[Pod, ...], point: int) -> Iterator[Wanted]:
    end = AddressEndpoint(point)
    for protocol in (Protocol.UDP, Protocol.TCP):
        yield Wanted(source, pods, str(end), (Target(end, DNS_PORT),), protocol, DNS_PORT, dns=True)


def _of_servers(survey: Survey) -> Iterator[Wanted]:
    """What DNS pods need themselves: their resolvers, where a Corefile names them, and the API server.

    NodeLocal DNSCache needs the DNS pods, which it asks over TCP by default ("Using NodeLocal DNSCache").
    """
    behind = [server for server in survey.dns if server.pods]
    for server in behind:
        own = str(server.pods[0].workload)
        for point in server.upstream:
            yield from _resolver(own, server.pods, point)
        yield from _api_server(own, server.pods, survey.api_service)
    for cache in (server.cache for server in survey.dns if server.cache):
        for server in behind:
            for protocol, targets in _answers(server):
                if protocol is Protocol.TCP:
                    own = str(cache[0].workload)
                    yield Wanted(own, cache, _called(server), targets, protocol, DNS_PORT, dns=True)


def _api_server(source: str, pods: tuple[Pod, ...], service: Service | None) -> Iterator[Wanted]:
    """From the API server DNS pods learn Services; only where the input gives its addresses."""
    if service is None or not service.ports:
        return
    port = service.ports[0]
    found = ((address, ports.get(port.name)) for address, ports in service.endpoints)
    targets = tuple(Target(AddressEndpoint(address), number) for address, number in found if number is not None)
    if targets:
        name = f"service:{service.namespace}/{service.name}"
        yield Wanted(source, pods, name, targets, port.protocol, port.port)


def dependencies(found: Iterable[Dependency], world: World) -> tuple[Wanted, ...]:
    """Each dependency by one of its ways: the first that is allowed already, else the first."""
    return tuple(each for dependency in found for each in _ways(dependency, world))


def _ways(dependency: Dependency, world: World) -> Iterator[Wanted]:
    groups = _by_workload(dependency.sources) if dependency.any_source else [dependency.sources]
    ways = [_wanted(dependency, route, group) for route in dependency.routes for group in groups if route.targets]
    if not ways:
        return
    met = next((way for way in ways if way.connection.allowed(world)), None)
    yield met or ways[0]


def _wanted(dependency: Dependency, route: Route, sources: tuple[Endpoint, ...]) -> Wanted:
    targets = tuple(Target(target.endpoint, target.port) for target in route.targets)
    assumed = ""
    if len(dependency.routes) > 1:
        ports = ", ".join(f"{each.protocol} {each.port}" for each in dependency.routes)
        assumed = (
            f"{dependency.source} names no port of {dependency.target}, which has {ports}: "
            f"{route.protocol} {route.port} is assumed."
        )
    return Wanted(
        dependency.source,
        sources,
        dependency.target,
        targets,
        route.protocol,
        route.port,
        origin=dependency.evidence.origin,
        assumed=assumed,
    )


def _answers(server: DnsServer) -> Iterator[tuple[Protocol, tuple[Target, ...]]]:
    for protocol in (Protocol.UDP, Protocol.TCP):
        ports = [port for lo, hi in server.ports.of_protocol(protocol) for port in range(lo, hi + 1)]
        if ports:
            yield protocol, tuple(Target(end, port) for end in server.endpoints for port in ports)


def _called(server: DnsServer) -> str:
    if server.service is not None:
        return f"service:{server.service.namespace}/{server.service.name}"
    first = server.endpoints[0]
    return str(first.workload) if isinstance(first, Pod) else str(first)


def _by_workload(ends: Iterable[Endpoint]) -> list[tuple[Endpoint, ...]]:
    groups: dict[str, list[Endpoint]] = {}
    for end in ends:
        groups.setdefault(str(end.workload) if isinstance(end, Pod) else str(end), []).append(end)
    return [tuple(group) for group in groups.values()]


def _ends(wanted: Wanted) -> Iterator[Pod | AddressEndpoint]:
    # A question for names is the business of who asks, not of the namespace of the DNS pods.
    yield from wanted.sources
    if not wanted.dns:
        yield from (target.endpoint for target in wanted.targets)


def _within(end: Endpoint, namespaces: frozenset[str]) -> bool:
    return isinstance(end, Pod) and end.namespace in namespaces
