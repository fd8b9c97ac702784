"""From flows to rows that say which edge each belongs to, and when: one row a flow, more where an end changed hands."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import msgspec

from ringfence.flows.asked_names import AskedNames, Names
from ringfence.flows.edges import PartyKind
from ringfence.flows.inventory import Inventory, Told
from ringfence.flows.opening import Opened, PortEvidence, opened
from ringfence.flows.parties import PartyBook
from ringfence.flows.resolving import Found, Resolver
from ringfence.flows.state import PodState, State
from ringfence.flows.tables import ANSWER, MADE, NO_PORT, PODS
from ringfence.flows.timeline import Span, overlay
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, NameAnswer, Outcome, TcpAnswer

Columns = dict[str, list[Any]]


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
    """Maps flows of a store. All of them are gone through twice: first for what they tell of pods and of ports."""

    def __init__(
        self,
        flows: Callable[[], Iterable[Kept]],
        states: Iterable[State] = (),
        answers: Iterable[tuple[str, NameAnswer]] = (),
    ) -> None:
        self._flows = flows
        self._evidence = PortEvidence()
        self._names = AskedNames(answers)
        self.book = PartyBook()
        self._inventory = Inventory(states, self._told())
        self._resolver = Resolver(self._inventory)

    def rows(self) -> Iterator[tuple[Columns, Columns]]:
        """The rows of the tables ``mapped`` and ``details``, in parts; then the parties are complete."""
        mapped, details = _empty("mapped"), _empty("details")
        for kept in self._flows():
            told = self._map(kept, mapped)
            _detail(kept, told, details)
            if len(mapped["flow"]) >= _PART:
                yield mapped, details
                mapped, details = _empty("mapped"), _empty("details")
        yield mapped, details

    def _told(self) -> Iterator[Told]:
        found: dict[tuple[str, PodState], tuple[float, float]] = {}
        for kept in self._flows():
            self._evidence.note(kept.cluster, kept.flow)
            for end in (kept.flow.source, kept.flow.destination):
                if end.kind in (EndKind.POD, EndKind.UNKNOWN) and end.pod and end.namespace and end.pod[-1] != "*":
                    addresses = (end.address,) if end.address else ()
                    pod = PodState(end.namespace, end.pod, end.workload, end.labels, addresses)
                    key = (_cluster(kept, end), pod)
                    first, last = found.get(key, (inf, -inf))
                    found[key] = min(first, kept.first), max(last, kept.last)
        for (cluster, pod), (first, last) in found.items():
            yield Told(cluster, pod, first, last)

    def _map(self, kept: Kept, into: Columns) -> list[tuple[str, str]]:
        """Adds the rows of a flow, and gives the details that only its ends tell."""
        flow = kept.flow
        ends = opened(
            flow,
            kept.cluster,
            self._evidence,
            lambda end, protocol, port: self._resolver.declares(_cluster(kept, end), end, protocol, port),
        )
        sources = self._resolver.end(_cluster(kept, ends.source), ends.source)
        of = _cluster(kept, ends.destination)
        destinations = self._resolver.destination(of, ends.destination, flow.protocol, ends.port)
        told = {(ANSWER, flow.answer.value)} if ends.reply and flow.answer is not TcpAnswer.NONE else set()
        pairs: set[tuple[Found, Found]] = set()
        for since, until, source, destination in overlay(sources, destinations):
            if until < kept.first or since > kept.last or source is None or destination is None:
                continue
            pairs.add((source, replace(destination, names=())))
            if destination.via:
                told.add(("via", msgspec.json.encode(destination.via).decode()))
            for names in self._asked(of, source, destination):
                begin, end = max(since, names.since), min(until, names.until)
                if begin < end and begin <= kept.last and end >= kept.first:
                    named = destination if names.holder is None else replace(destination, names=names.holder)
                    self._row(kept, ends, source, named, (begin, end), into)
        if len(pairs) == 1 and flow.outcome in _STOPPED:
            told.update((kind, end.pod) for kind, end in zip(PODS, pairs.pop(), strict=True) if end.pod)
        return sorted(told)

    def _asked(self, cluster: str, source: Found, destination: Found) -> list[Span[Names]]:
        if destination.kind is not PartyKind.EXTERNAL or not destination.address:
            return _NO_NAMES
        return self._names.of(cluster, destination.address, (source.namespace, source.pod), destination.names)

    def _row(
        self, kept: Kept, ends: Opened, source: Found, destination: Found, time: tuple[float, float], into: Columns
    ) -> None:
        flow = kept.flow
        row = (
            kept.number,
            *time,
            self._party(source),
            self._party(destination),
            number_of(source.unit),
            number_of(destination.unit),
            flow.protocol,
            NO_PORT if destination.port is None else destination.port,
            flow.outcome.value,
            _side(flow, reply=ends.reply),
            2 if ends.reply else gate(flow),
            flow.point,
            self._inventory.writer_node(kept.cluster, flow.node),
            kept.format,
            flow.per_connection,
            ends.reply,
            ends.guessed,
            PartyKind.UNKNOWN in (source.kind, destination.kind),
        )
        for column, value in zip(into.values(), row, strict=True):
            column.append(value)

    def _party(self, found: Found) -> int:
        best = found.names[0] if found.names else ""
        key = (found.kind.value, found.cluster, found.namespace, found.workload, found.address, best, found.service)
        number = self.book.number(key)
        self.book.pod(number, found.pod, found.labels)
        self.book.names(number, found.names)
        return number


_PART = 50_000
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


def number_of(text: str) -> int:
    """A number for a text, the same in each run: 63 bits of its BLAKE2 digest."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def _cluster(kept: Kept, end: FlowEnd) -> str:
    """The cluster of an end: another one's name where the record gives it, else the log's.

    Cilium names its own cluster, too, at the ends that it knows; ``default`` is its name for none.
    """
    named = end.cluster
    if named in ("", "default", kept.cluster):
        return kept.cluster
    flow = kept.flow
    told = {flow.source.cluster, flow.destination.cluster} - {"", "default"}
    own = flow.source if flow.direction is Direction.EGRESS else flow.destination
    return kept.cluster if len(told) == 1 or named == own.cluster else named


def _detail(kept: Kept, told: list[tuple[str, str]], into: Columns) -> None:
    flow = kept.flow
    rows = [("format", kept.format), *told]
    rows += [("policy", msgspec.json.encode(rule).decode()) for rule in flow.policies]
    rows += [("pending", msgspec.json.encode(rule).decode()) for rule in flow.pending]
    if flow.reason:
        rows.append(("reason", flow.reason))
    if flow.application:
        rows.append(("application", flow.application))
    for kind, value in rows:
        into["flow"].append(kept.number)
        into["kind"].append(kind)
        into["value"].append(value)


def _empty(table: str) -> Columns:
    return {column: [] for column in MADE[table]}
