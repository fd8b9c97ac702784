"""Which pods can't ask for names, and by which policy: worked out once for the rules about DNS."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.lint.blame import Blame, Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.exposure import deciding
from ringfence.lint.groups import Group, Groups, possible_groups
from ringfence.model.addresses import AddressSet, format_address
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint, Verdict
from ringfence.survey import DependencyKind, DnsServer

DNS = 53


class Loss(enum.Enum):
    """What of DNS is lost."""

    ALL = "all"
    """No server can be asked."""
    SOME = "some"
    """Some of the DNS pods can't be asked: names resolve now and then."""
    PORT = "port"
    """Port 53 of the DNS pods is allowed, on which they don't listen."""
    NODE_LOCAL = "node-local"
    """The DNS pods can be asked, and NodeLocal DNSCache, which answers first, can't."""
    TCP = "tcp"
    """UDP works and TCP doesn't."""
    OWN = "own"
    """The pods' own name servers can't be asked."""


@dataclass(frozen=True, slots=True)
class Losses:
    """The pods that lost something, by loss and root cause; and the atoms of all pods that can't resolve at all."""

    roots: dict[Loss, Roots[Pod]] = field(default_factory=lambda: {loss: Roots() for loss in Loss})
    without: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Server:
    """One DNS pod, or an address that answers, on one port of each protocol."""

    server: DnsServer
    end: Endpoint
    atom: int
    udp: int
    tcp: int | None


def losses(context: LintContext) -> Losses:
    """What pods lost of DNS. Empty where the input has no DNS server."""
    return _Search(context).run()


class _Search:
    def __init__(self, context: LintContext) -> None:
        self._context = context
        self._groups: Groups = context.once(possible_groups)
        servers = list(_servers(context))
        self._local = [server for server in servers if server.server.address is not None]
        self._pods = [server for server in servers if server.server.address is None]
        self._own = {id(server.end) for server in servers}
        self._addresses = {
            point
            for server in context.survey.dns
            if server.service is not None
            for point in server.service.cluster_addresses
        }
        self._blamed: dict[object, Blame | None] = {}
        self._found = Losses()

    def run(self) -> Losses:
        if not self._pods and not self._local:
            return self._found
        lost: list[tuple[Group, int, Loss, _Server, tuple[Pod, ...]]] = []
        resolving: set[str] = set()
        for group in self._groups.egress:
            for atom in group.atoms:
                pods = [pod for pod in self._context.engine.universe.atoms[atom].pods if id(pod) not in self._own]
                asking = tuple(pod for pod in pods if self._asks_cluster(pod))
                self._ask_own(group, atom, pods)
                if not asking:
                    continue
                for loss, server in self._lost(group, atom):
                    lost.append((group, atom, loss, server, asking))
                    if loss in (Loss.ALL, Loss.PORT, Loss.NODE_LOCAL):
                        self._found.without.add(atom)
                if atom not in self._found.without:
                    resolving.add(asking[0].namespace)
        needing = _speakers(self._context)
        for group, atom, loss, server, asking in lost:
            if group.sealed and asking[0].namespace in resolving and asking[0].workload not in needing:
                continue  # a pod that may open nothing, beside others that resolve: it was meant to be served only
            cause = self._cause(group, atom, loss, server)
            if cause is not None:
                self._found.roots[loss].add(cause, asking)
        return self._found

    def _asks_cluster(self, pod: Pod) -> bool:
        """True for a pod that asks the cluster's DNS: under ``dnsPolicy``, or by an address in its ``dnsConfig``."""
        return pod.resolvers is None or bool(self._addresses.intersection(pod.resolvers))

    def _ask_own(self, group: Group, atom: int, pods: list[Pod]) -> None:
        """File the pods that may ask none of the name servers that they are given instead of the cluster's."""
        for pod in pods:
            # One that is a pod's address may be reached by its labels: the address alone can't tell.
            if not pod.resolvers or self._asks_cluster(pod) or self._context.holders(_points(pod.resolvers)):
                continue
            if not any(group.to_address(point).has(Protocol.UDP, DNS) for point in pod.resolvers):
                end = AddressEndpoint(pod.resolvers[0])
                verdict = self._context.engine.verdict(pod, end, Protocol.UDP, DNS, misses=False)
                cause = blame(self._context, verdict)
                if cause is not None:
                    self._found.roots[Loss.OWN].add(cause, [pod])
                    self._found.without.add(atom)

    def _pod(self, atom: int) -> Pod:
        return self._context.engine.universe.atoms[atom].pods[0]

    def _lost(self, group: Group, atom: int) -> Iterator[tuple[Loss, _Server]]:
        """What the pods of an atom lost, each thing with a server that shows it."""
        local = [server for server in self._local if group.ports(server.atom).has(Protocol.UDP, server.udp)]
        if self._local and local:
            yield from self._without_tcp(local, [group.ports(server.atom) for server in local])
            return
        ports = [self._groups.between(atom, server.atom) for server in self._pods]
        asked = [server for server, some in zip(self._pods, ports, strict=True) if some.has(Protocol.UDP, server.udp)]
        if self._local and (asked or not self._pods):
            yield (Loss.NODE_LOCAL if asked else Loss.ALL), self._local[0]
        elif not asked:
            first = self._pods[0]
            allowed = group.ports(first.atom)
            slip = first.udp != DNS and (allowed.has(Protocol.UDP, DNS) or allowed.has(Protocol.TCP, DNS))
            yield (Loss.PORT if slip else Loss.ALL), first
        elif len(asked) < len(self._pods):
            yield Loss.SOME, next(server for server in self._pods if server not in asked)
        else:
            yield from self._without_tcp(self._pods, ports)

    def _without_tcp(self, servers: list[_Server], ports: list[PortSet]) -> Iterator[tuple[Loss, _Server]]:
        for server, some in zip(servers, ports, strict=True):
            if server.tcp is not None and not some.has(Protocol.TCP, server.tcp):
                yield Loss.TCP, server
                return

    def _cause(self, group: Group, atom: int, loss: Loss, server: _Server) -> Blame | None:
        """The policy behind a loss, worked out once for pods that lost the same thing by the same policies."""
        ingress = self._groups.ingress_of.get(server.atom)
        key = (loss, id(group), id(ingress), server.atom)
        if key not in self._blamed:
            self._blamed[key] = self._find(self._pod(atom), loss, server)
        return self._blamed[key]

    def _find(self, pod: Pod, loss: Loss, server: _Server) -> Blame | None:
        if loss is Loss.PORT:
            return self._allowing(self._verdict(pod, server, Protocol.UDP, DNS)) or self._allowing(
                self._verdict(pod, server, Protocol.TCP, DNS)
            )
        if loss is Loss.TCP and server.tcp is not None:
            return self._allowing(self._verdict(pod, server, Protocol.UDP, server.udp)) or blame(
                self._context, self._verdict(pod, server, Protocol.TCP, server.tcp)
            )
        return blame(self._context, self._verdict(pod, server, Protocol.UDP, server.udp))

    def _verdict(self, pod: Pod, server: _Server, protocol: Protocol, port: int) -> Verdict:
        return self._context.engine.verdict(pod, server.end, protocol, port, misses=False)

    def _allowing(self, verdict: Verdict) -> Blame | None:
        """The egress rule that allows what is nearly right."""
        trace = deciding(verdict.egress)
        return None if trace is None else Blame(Direction.EGRESS, trace.policy, trace.rule.origin, trace)


def _servers(context: LintContext) -> Iterator[_Server]:
    universe = context.engine.universe
    seen: set[tuple[int, int]] = set()
    for server in context.survey.dns:
        udp = next((lo for lo, _ in server.ports.of_protocol(Protocol.UDP)), None)
        tcp = next((lo for lo, _ in server.ports.of_protocol(Protocol.TCP)), None)
        if udp is None:
            continue
        if server.address is not None:
            yield _Server(server, AddressEndpoint(server.address), universe.atom_of_address(server.address), udp, tcp)
        for pod in server.pods:
            atom = context.engine.atom(pod)
            if (atom, udp) not in seen:  # pods that no rule tells apart are asked as one
                seen.add((atom, udp))
                yield _Server(server, pod, atom, udp, tcp)


def _speakers(context: LintContext) -> set[object]:
    """The workloads of which a text shows that they ask for names."""
    return {
        end.workload
        for dependency in context.survey.dependencies
        if dependency.kind in (DependencyKind.TEXT, DependencyKind.WANTED)
        for end in dependency.sources
        if isinstance(end, Pod)
    }


def server_names(context: LintContext) -> str:
    """The DNS servers in a sentence: ``Service kube-system/kube-dns``."""
    return " and ".join(dict.fromkeys(server.name for server in context.survey.dns))


def own_names(pods: Iterable[Pod]) -> str:
    """The name servers of pods that have their own, in a sentence."""
    return " and ".join(dict.fromkeys(format_address(point) for pod in pods for point in pod.resolvers or ()))


def _points(addresses: Iterable[int]) -> AddressSet:
    return AddressSet.of((point, point) for point in addresses)
