"""What is needed and cut: DNS, dependencies, and pairs that one end's rules name and the other's policies deny."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ringfence.diagnose.pairs import Asker, Denied, Outcome
from ringfence.diagnose.report import Loss, LossKind
from ringfence.diagnose.roots import Root, Roots
from ringfence.engine import Engine, bits
from ringfence.explain.endpoints import End
from ringfence.model.addresses import AddressSet
from ringfence.model.finding import Severity
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod, Service, WorkloadRef
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.survey import Dependency, DependencyKind, DnsServer, Evidence, Route, Survey, Target
from ringfence.survey.dns import DNS_PORT, DNS_PORTS

_KINDS = {DependencyKind.WANTED: LossKind.WANTED, DependencyKind.SCRAPE: LossKind.METRICS}


@dataclass(slots=True)
class Ledger:
    """Losses by root cause. A loss that two policies bring about, one at each end, stands under both."""

    roots: dict[object, Root] = field(default_factory=dict)
    losses: dict[object, dict[Loss, None]] = field(default_factory=dict)

    def add(self, roots: Iterable[Root], loss: Loss) -> None:
        """Enter a loss under its causes."""
        for root in roots:
            self.roots.setdefault(root.key, root)
            self.losses.setdefault(root.key, {}).setdefault(loss)


@dataclass(frozen=True, slots=True)
class _Case:
    """One question: who asks for what, and how it came out."""

    source: End
    target: str
    service: Service | None
    protocol: Protocol
    port: int
    outcome: Outcome


class Search:
    """Looks for losses in one cluster, and enters them in a ledger."""

    def __init__(self, engine: Engine, roots: Roots, ledger: Ledger) -> None:
        self._engine = engine
        self._asker = Asker(engine)
        self._roots = roots
        self._ledger = ledger
        self.pairs_cut: set[tuple[str, str]] = set()
        """Workloads, or a workload and an address, of which a need is known to be cut."""

    # ---- DNS -----------------------------------------------------------------------------------------------------

    def dns(self, survey: Survey, pods: Iterable[Pod]) -> Iterator[tuple[WorkloadRef, bool]]:
        """Every workload that needs DNS, and whether it is cut.

        Host-network pods ask the node's resolver, and DNS pods themselves ask those outside. Pods with name servers of
        their own need one of these instead.
        """
        servers = survey.dns
        local = [server for server in servers if server.address is not None]
        own = {id(pod) for server in servers for pod in server.pods}
        asking = {dependency.source for dependency in survey.dependencies if dependency.kind is DependencyKind.TEXT}
        groups: dict[WorkloadRef, list[Pod]] = {}
        for pod in pods:
            if not pod.host_network and id(pod) not in own:
                groups.setdefault(pod.workload, []).append(pod)
        if not servers:
            return
        for workload, group in groups.items():
            mine = _own_servers(group[0], servers)
            if mine is None:  # those of the node, which the input doesn't tell
                continue
            cut = False
            alternatives = mine or local
            for protocol in (Protocol.UDP, Protocol.TCP):
                # NodeLocal DNSCache is asked in the place of the DNS pods, and asks them itself.
                for server, targets in _asked(alternatives or servers, protocol):
                    outcome = self._asker.outcome(group, targets, protocol)
                    if not outcome.denied:
                        continue
                    if server.address is not None and self._any_answers(alternatives, group, protocol):
                        continue
                    cut = True
                    self._enter_dns(str(workload), tuple(group), server, protocol, outcome, asking)
            yield workload, cut

    def _any_answers(self, servers: list[DnsServer], group: list[Pod], protocol: Protocol) -> bool:
        """True where one of the addresses can be asked: the others stand in for it."""
        return any(not self._asker.outcome(group, targets, protocol).denied for _, targets in _asked(servers, protocol))

    def _enter_dns(
        self,
        source: str,
        pods: tuple[Endpoint, ...],
        server: DnsServer,
        protocol: Protocol,
        outcome: Outcome,
        asking: set[str],
    ) -> None:
        name = f"service:{server.service.namespace}/{server.service.name}" if server.service is not None else ""
        target = name or str(_workload_or_address(server.endpoints[0]))
        # Without UDP nothing resolves, without TCP long answers don't. Pods that go nowhere by name may need none.
        if source in asking or self._goes_somewhere(pods):
            severity = Severity.ERROR if protocol is Protocol.UDP else Severity.WARNING
        else:
            severity = Severity.NOTE
        self._enter(
            _Case(End(source, pods), target, server.service, protocol, _asked_port(server), outcome),
            LossKind.DNS,
            severity,
        )

    def _goes_somewhere(self, pods: tuple[Endpoint, ...]) -> bool:
        """True where egress of some pod is allowed to other pods or to public addresses, which are dialled by name."""
        engine = self._engine
        for pod in pods:
            row = engine.row(Direction.EGRESS, engine.atom(pod))
            reached = engine.universe.everything if row.default else 0
            for ports, atoms in row.exceptions.items():
                reached = reached | atoms if ports else reached & ~atoms
            if reached & self._by_name:
                return True
        return False

    @cached_property
    def _by_name(self) -> int:
        """The atoms of pods of their own network, and of public addresses."""
        return bits.of(
            number
            for number, atom in enumerate(self._engine.universe.atoms)
            if atom.guarded or atom.addresses & INTERNET
        )

    def upstream(self, survey: Survey) -> None:
        """What the DNS pods need themselves: resolvers, the API server; and NodeLocal DNSCache the DNS pods."""
        for server in survey.dns:
            for pod in server.pods[:1]:
                if server.upstream:
                    self._named_resolvers(pod, server.upstream)
                elif not self._reaches_outside(pod):
                    self._enter_upstream(pod, "resolvers outside the cluster", Protocol.UDP, DNS_PORT, DNS_PORT)
                self._api_server(pod, survey.api_service)
            if server.cache:
                self._behind_cache(server.cache, survey.dns)

    def _named_resolvers(self, pod: Pod, upstream: Iterable[int]) -> None:
        """The resolvers that the DNS pods' own configuration names; one that answers is enough."""
        asked = [Target(AddressEndpoint(point), DNS_PORT) for point in upstream]
        denied = [each for each in asked if self._asker.denying(pod, each, Protocol.UDP)]
        for target in denied if len(denied) == len(asked) else ():
            self._enter_upstream(pod, str(target.endpoint), Protocol.UDP, DNS_PORT, DNS_PORT)

    def _reaches_outside(self, pod: Pod) -> bool:
        """True where some address that is no node's may be asked for names."""
        engine = self._engine
        nodes = AddressSet.of((address, address) for address in engine.facts.node_of_address)
        row = engine.row(Direction.EGRESS, engine.atom(pod))
        reached = {
            row.ports(number)
            for number in engine.universe.address_atoms
            if engine.universe.atoms[number].addresses - nodes
        }
        return any(engine.table.sets[number].has(Protocol.UDP, DNS_PORT) for number in reached)

    def _api_server(self, pod: Pod, service: Service | None) -> None:
        """The API server, from which the DNS pods learn Services, where the input gives its addresses."""
        if service is None or not service.ports:
            return
        port = service.ports[0]
        found = ((address, ports.get(port.name)) for address, ports in service.endpoints)
        targets = [Target(AddressEndpoint(address), number) for address, number in found if number is not None]
        denied = [each for each in targets if self._asker.denying(pod, each, port.protocol)]
        if targets and len(denied) == len(targets):
            name = f"service:{service.namespace}/{service.name}"
            self._enter_upstream(pod, name, port.protocol, port.port, denied[0].port)

    def _enter_upstream(self, pod: Pod, target: str, protocol: Protocol, port: int, pod_port: int) -> None:
        root = self._roots.isolation(Direction.EGRESS, pod)
        if root is not None:
            loss = Loss(
                LossKind.UPSTREAM, str(pod.workload), pod.namespace, target, "", protocol, port, pod_port,
                (Direction.EGRESS,), Severity.ERROR,
            )  # fmt: skip
            self._ledger.add([root], loss)

    def _behind_cache(self, cache: tuple[Pod, ...], servers: Iterable[DnsServer]) -> None:
        """NodeLocal DNSCache asks the DNS pods as its node: their policies may not admit nodes."""
        for protocol in (Protocol.UDP, Protocol.TCP):
            for server, targets in _asked([each for each in servers if each.pods], protocol):
                outcome = self._asker.outcome(cache, targets, protocol)
                if outcome.denied:
                    name = f"service:{server.service.namespace}/{server.service.name}" if server.service else ""
                    target = name or str(server.pods[0].workload)
                    source = End(str(cache[0].workload), cache)
                    case = _Case(source, target, server.service, protocol, _asked_port(server), outcome)
                    # It asks the DNS pods over TCP by default, but UDP may be chosen (force_tcp, prefer_udp).
                    self._enter(case, LossKind.CACHE, Severity.ERROR if protocol is Protocol.TCP else Severity.WARNING)

    # ---- dependencies --------------------------------------------------------------------------------------------

    def dependency(self, dependency: Dependency) -> bool:
        """Enter what a dependency loses; true where it is met."""
        sources = _by_workload(dependency.sources) if dependency.any_source else [dependency.sources]
        worst: tuple[Route, Outcome] | None = None
        for route in dependency.routes:
            for group in sources:
                outcome = self._asker.outcome(group, route.targets, route.protocol)
                if not outcome.denied:
                    return True
                if worst is None or (outcome.some_allowed and not worst[1].some_allowed):
                    worst = route, outcome
        if worst is None:
            return True
        route, outcome = worst
        kind = _KINDS.get(dependency.kind, LossKind.DEPENDENCY)
        case = _Case(
            End(dependency.source, dependency.sources),
            dependency.target,
            dependency.service,
            route.protocol,
            route.port,
            outcome,
        )
        self._enter(case, kind, Severity.WARNING if kind is LossKind.METRICS else Severity.ERROR, dependency.evidence)
        return False

    # ---- half-open -----------------------------------------------------------------------------------------------

    def half_open(self, direction: Direction, source: Pod, target: Target, protocol: Protocol, rule: Evidence) -> None:
        """Enter a pair that a rule of one end allows; ``direction`` is the side of the other end, which denies it."""
        endpoint = target.endpoint
        ends = _workload_or_address(source), _workload_or_address(endpoint)
        if ends in self.pairs_cut or ends[0] == ends[1]:  # a selector for several workloads may mean itself by chance
            return
        outcome = Outcome((Denied(source, target, (direction,)),), some_allowed=False)
        case = _Case(End(ends[0], (source,)), ends[1], None, protocol, target.port, outcome)
        self._enter(case, LossKind.HALF_OPEN, Severity.WARNING, rule)

    # ---- entering ------------------------------------------------------------------------------------------------

    def _enter(self, case: _Case, kind: LossKind, severity: Severity, evidence: Evidence | None = None) -> None:
        roots: dict[object, Root] = {}
        for denied in case.outcome.denied:
            self.pairs_cut.add((_workload_or_address(denied.source), _workload_or_address(denied.target.endpoint)))
            for direction in denied.directions:
                root = self._roots.of(direction, denied, case.protocol, case.source, case.service)
                roots.setdefault(root.key, root)
        first = case.outcome.denied[0]
        loss = Loss(
            kind,
            case.source.text,
            _namespace(first.source),
            case.target,
            _namespace(first.target.endpoint),
            case.protocol,
            case.port,
            first.target.port,
            case.outcome.directions,
            severity,
            case.outcome.some_allowed,
            evidence,
        )
        self._ledger.add(roots.values(), loss)


def _own_servers(pod: Pod, servers: Iterable[DnsServer]) -> list[DnsServer] | None:
    """The name servers that a pod is given instead of the cluster's, none where it asks those.

    ``None`` where they are those of its node.
    """
    if pod.resolvers is None:
        return []
    cluster = {point for server in servers if server.service is not None for point in server.service.cluster_addresses}
    if cluster.intersection(pod.resolvers):
        return []
    return [DnsServer((), DNS_PORTS, address=point) for point in pod.resolvers] or None


def _asked(servers: Iterable[DnsServer], protocol: Protocol) -> Iterator[tuple[DnsServer, tuple[Target, ...]]]:
    """The servers that answer over a protocol, and where."""
    for server in servers:
        ports = [lo for lo, _ in server.ports.of_protocol(protocol)]
        targets = tuple(Target(end, port) for end in server.endpoints for port in ports)
        if targets:
            yield server, targets


def _asked_port(server: DnsServer) -> int:
    """The port that a query is sent to: the Service's, else the pods' own."""
    if server.service is not None or server.address is not None:
        return DNS_PORT
    return min(lo for protocol in Protocol for lo, _ in server.ports.of_protocol(protocol))


def _by_workload(ends: Iterable[Endpoint]) -> list[list[Endpoint]]:
    groups: dict[str, list[Endpoint]] = {}
    for end in ends:
        groups.setdefault(_workload_or_address(end), []).append(end)
    return list(groups.values())


def _workload_or_address(end: Endpoint) -> str:
    return str(end.workload) if isinstance(end, Pod) else str(end)


def _namespace(end: Endpoint) -> str:
    return end.namespace if isinstance(end, Pod) else ""
