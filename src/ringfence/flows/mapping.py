"""From flows to rows that say which edge each belongs to, and when: one row a flow, more where an end changed hands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

import msgspec

from ringfence.flows.asked_names import Names
from ringfence.flows.edges import PartyKind
from ringfence.flows.known import Known
from ringfence.flows.numbers import number_of
from ringfence.flows.opening import Opened, Ports, opened
from ringfence.flows.parties import Said
from ringfence.flows.resolving import Found
from ringfence.flows.rows import Row, columns_of
from ringfence.flows.tables import ANSWER, NO_PORT, PODS, Columns
from ringfence.flows.timeline import Span, overlay
from ringfence.model.flow import Direction, Flow, FlowEnd, Outcome, TcpAnswer


@dataclass(frozen=True, slots=True)
class Kept:
    """A flow as the store has it: its number, the cluster and format of its log, and from when to when it was seen."""

    number: int
    cluster: str
    format: str
    flow: Flow
    first: float
    last: float


class Mapping:
    """Maps flows of a store, each by what is known of its ends and of its ports, and by nothing else."""

    def __init__(self, known: Known, ports: Ports) -> None:
        self._known = known
        self._resolver = known.resolver
        self._ports = ports
        self._units: dict[Found, _Unit] = {}
        self.said: dict[int, str] = {}
        """What the rows say of parties, as text, by its number."""

    def rows(self, flows: Iterable[Kept]) -> tuple[Columns, Columns]:
        """The rows of the tables ``mapped`` and ``details``."""
        mapped: list[Row] = []
        details: list[Row] = []
        for kept in flows:
            told = self._map(kept, mapped)
            _detail(kept, told, details)
        return columns_of("mapped", mapped), columns_of("details", details)

    def _map(self, kept: Kept, into: list[Row]) -> list[tuple[str, str]]:
        """Adds the rows of a flow, and gives the details that only its ends tell."""
        flow = kept.flow
        ends = opened(
            flow,
            kept.cluster,
            self._ports,
            lambda end, protocol, port: self._resolver.declares(
                cluster_of(kept.cluster, flow, end), end, protocol, port
            ),
        )
        sources = self._resolver.end(cluster_of(kept.cluster, flow, ends.source), ends.source)
        of = cluster_of(kept.cluster, flow, ends.destination)
        destinations = self._resolver.destination(of, ends.destination, flow.protocol, ends.port)
        told = {(ANSWER, flow.answer.value)} if ends.reply and flow.answer is not TcpAnswer.NONE else set()
        pairs: set[tuple[Found, Found]] = set()
        for since, until, source, destination in overlay(sources, destinations):
            if until < kept.first or since > kept.last or source is None or destination is None:
                continue
            if flow.outcome in _STOPPED:
                pairs.add((source, replace(destination, names=())))
            if destination.via:
                told.add(("via", msgspec.json.encode(destination.via).decode()))
            for names in self._asked(of, source, destination):
                begin, end = max(since, names.since), min(until, names.until)
                if begin < end and begin <= kept.last and end >= kept.first:
                    named = destination if names.holder is None else replace(destination, names=names.holder)
                    self._row(kept, ends, source, named, (begin, end), into)
        if len(pairs) == 1:
            told.update((kind, end.pod) for kind, end in zip(PODS, pairs.pop(), strict=True) if end.pod)
        return sorted(told)

    def _asked(self, cluster: str, source: Found, destination: Found) -> list[Span[Names]]:
        if destination.kind is not PartyKind.EXTERNAL or not destination.address:
            return _NO_NAMES
        return self._known.names.of(cluster, destination.address, (source.namespace, source.pod), destination.names)

    def _row(
        self, kept: Kept, ends: Opened, source: Found, destination: Found, time: tuple[float, float], into: list[Row]
    ) -> None:
        flow = kept.flow
        client, server = self._unit(source), self._unit(destination)
        row = (
            kept.number,
            *time,
            client.party,
            server.party,
            client.said,
            server.said,
            client.number,
            server.number,
            flow.protocol,
            NO_PORT if destination.port is None else destination.port,
            flow.outcome.value,
            _side(flow, reply=ends.reply),
            2 if ends.reply else gate(flow),
            flow.point,
            self._known.inventory.writer_node(kept.cluster, flow.node),
            kept.format,
            flow.per_connection,
            ends.reply,
            ends.guessed,
            ends.even,
            PartyKind.UNKNOWN in (source.kind, destination.kind),
        )
        into.append(row)

    def _unit(self, found: Found) -> _Unit:
        unit = self._units.get(found)
        if unit is None:
            best = found.names[0] if found.names else ""
            key = (found.kind.value, found.cluster, found.namespace, found.workload, found.address, best, found.service)
            said = msgspec.json.encode(Said(key, found.pod, found.labels, found.names)).decode()
            unit = self._units[found] = _Unit(number_of("\n".join(key)), number_of(said), number_of(found.unit))
            self.said[unit.said] = said
        return unit


@dataclass(frozen=True, slots=True)
class _Unit:
    """The numbers of an end of a row: its party, what the row says of that, and the pod or address in it."""

    party: int
    said: int
    number: int


_STOPPED = (Outcome.DENIED, Outcome.REJECTED)
_NO_NAMES: list[Span[Names]] = [Span(-inf, inf, None)]


def gate(flow: Flow) -> int:
    """How far a packet had come where it was seen: 0 before any policy, 1 past the source's egress, 2 past ingress.

    Cilium's ``from-*`` trace points see packets before the policy of that side judges them (docs.cilium.io, "Life of a
    Packet"). Of a record without a side nobody knows whose policy it had passed, so it counts as the source's.
    """
    before = flow.point.startswith("from-")
    if flow.direction is Direction.EGRESS:
        return 0 if before else 1
    return 2 if flow.direction is Direction.INGRESS and not before else 1


def _side(flow: Flow, *, reply: bool) -> str:
    """Whose policy judged the connection: of a reply the direction is that of its packets, so the other way round."""
    if flow.direction is None:
        return ""
    egress = (flow.direction is Direction.EGRESS) != reply
    return "egress" if egress else "ingress"


def cluster_of(cluster: str, flow: Flow, end: FlowEnd) -> str:
    """The cluster of an end: another one's name where the record gives it, else the log's, ``cluster``.

    Cilium names its own cluster, too, at the ends that it knows; ``default`` is its name for none.
    """
    named = end.cluster
    if named in ("", "default", cluster):
        return cluster
    told = {flow.source.cluster, flow.destination.cluster} - {"", "default"}
    own = flow.source if flow.direction is Direction.EGRESS else flow.destination
    return cluster if len(told) == 1 or named == own.cluster else named


def _detail(kept: Kept, told: list[tuple[str, str]], into: list[Row]) -> None:
    flow = kept.flow
    rows = [("format", kept.format), *told]
    rows += [("policy", msgspec.json.encode(rule).decode()) for rule in flow.policies]
    rows += [("pending", msgspec.json.encode(rule).decode()) for rule in flow.pending]
    if flow.reason:
        rows.append(("reason", flow.reason))
    if flow.application:
        rows.append(("application", flow.application))
    into.extend((kept.number, *row) for row in rows)
