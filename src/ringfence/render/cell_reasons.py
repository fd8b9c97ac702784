"""The deciding rules of each cell of the page: what the engine answers for one pair of pods that stands for it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ringfence.cluster import Cluster
from ringfence.engine.match import container_ports
from ringfence.explain.words import rule_number
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Peer
from ringfence.model.ports import MAX_PORT, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint, Reason as Cause
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render.json_values import rule_text
from ringfence.render.lines import place
from ringfence.render.page_data import Reason
from ringfence.render.why_text import object_name

_PORTS = 4
"""Rules are asked for at the start of this many intervals of a connection's ports."""


class CellReasons:
    """Answers the page's questions. Ends of several pods are answered for by their first.

    A page has far more cells than explanations: what decides a direction is the same for every peer that the same
    entries of the same rules match, so the engine is asked once for each such set.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._engine = cluster.engine
        self._pods: dict[ReachEnd, Pod] = {}
        for pod in cluster.snapshot.pods:
            for name in {str(pod), str(pod.workload)}:
                self._pods.setdefault(ReachEnd(name, pod.namespace), pod)
        self._entries: dict[tuple[Direction, int], tuple[int, ...]] = {}
        self._bits: dict[Peer, int] = {}
        self._known: dict[Hashable, _Side] = {}

    def allowed(self, connection: Connection) -> tuple[Reason, ...]:
        """The rules behind an allowed connection, at the first ports of it."""
        found: dict[Reason, None] = {}
        source, destination = self._endpoint(connection.src), self._endpoint(connection.dst)
        for protocol, port in _starts(connection.ports):
            for _, reasons in self._sides(source, destination, protocol, port):
                found.update(dict.fromkeys(reasons))
        return tuple(found)

    def denied(self, src: ReachEnd, dst: ReachEnd) -> tuple[Reason, ...]:
        """What cuts a pair of ends that may use no port, at a port that the destination listens on, if any is known."""
        source, destination = self._endpoint(src), self._endpoint(dst)
        declared = container_ports(destination)
        protocol, port = (declared[0].protocol, declared[0].number) if declared else (Protocol.TCP, MAX_PORT)
        sides = self._sides(source, destination, protocol, port)
        return tuple(reason for allowed, reasons in sides if not allowed for reason in reasons)

    def _endpoint(self, end: ReachEnd) -> Endpoint:
        if end.external:
            return AddressEndpoint(parse_address(end.name.partition("-")[0]))
        return self._pods[end]

    def _sides(self, source: Endpoint, destination: Endpoint, protocol: Protocol, port: int) -> tuple[_Side, _Side]:
        exempt = isinstance(destination, Pod) and self._engine.facts.on_same_node(source, destination)
        call = (protocol, port, exempt, container_ports(destination))
        egress = (*call, *self._matched(Direction.EGRESS, source, destination))
        ingress = (*call, *self._matched(Direction.INGRESS, destination, source))
        if egress not in self._known or ingress not in self._known:
            verdict = self._engine.verdict(source, destination, protocol, port, misses=False)
            self._known[egress] = verdict.egress.allowed, tuple(_reasons(verdict.egress))
            self._known[ingress] = verdict.ingress.allowed, tuple(_reasons(verdict.ingress))
        return self._known[egress], self._known[ingress]

    def _matched(self, direction: Direction, subject: Endpoint, peer: Endpoint) -> tuple[Hashable, ...]:
        """The subject, and which entries of the rules that guard it match the peer."""
        atom, other = self._engine.atom(subject), self._engine.atom(peer)
        entries = self._entries.get((direction, atom))
        if entries is None:
            entries = self._entries[direction, atom] = tuple(self._entries_of(direction, atom))
        return direction, atom, *(bits >> other & 1 for bits in entries)

    def _entries_of(self, direction: Direction, atom: int) -> Iterator[int]:
        """The atoms that each peer entry of the subject's rules matches."""
        for number in self._engine.profile(direction, atom)[1]:
            for rule in self._engine.program.compiled[number].policy.rules(direction):
                for peer in rule.peers or ():
                    if peer not in self._bits:
                        self._bits[peer] = self._engine.universe.peer_bits(peer)
                    yield self._bits[peer]


_Side = tuple[bool, tuple[Reason, ...]]
"""Whether a direction is allowed, and why."""


def _starts(ports: PortSet) -> Iterator[tuple[Protocol, int]]:
    for protocol in Protocol:
        for lo, _ in ports.of_protocol(protocol)[:_PORTS]:
            yield protocol, lo


_WORDS = {
    Cause.NOT_ISOLATED: "no policy decides: allowed by default",
    Cause.NO_SUBJECT: "outside the cluster, or on the network of its node: no pod policy applies",
    Cause.SELF: "a pod may always reach itself",
    Cause.SAME_NODE: "a node may always reach the pods that it runs",
}


def _reasons(side: DirectionVerdict) -> Iterator[Reason]:
    if side.reason in _WORDS:
        yield Reason(side.direction, "", "", "", _WORDS[side.reason])
        return
    for trace in side.deciding:
        name = rule_number(trace) + (f' "{trace.rule.name}"' if trace.rule.name else "")
        yield Reason(
            side.direction,
            object_name(trace.policy.ref),
            name,
            place(trace.rule.origin),
            f"{trace.rule.action}: {rule_text(trace)}",
        )
    if not side.allowed and not side.deciding:
        yield from _guards(side)


def _guards(side: DirectionVerdict) -> Iterator[Reason]:
    for policy in side.stages[-1].selecting:
        yield Reason(
            side.direction, object_name(policy.ref), "", place(policy.origin), "guards it, and no rule allows this"
        )
