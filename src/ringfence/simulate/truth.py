"""Ground truth: who really talked to whom, whether that was meant to be, and what the logs lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ringfence.flows.edges import Coverage, Edge, EdgeSet, Party, PartyKind
from ringfence.model.addresses import format_address
from ringfence.model.flow import HOUR, EndKind, Outcome, RecordedRule
from ringfence.simulate.connection import Connection, End, Instance, Purpose
from ringfence.simulate.roster import Roster

_UNRECORDED = ("pod-template-hash", "controller-revision-hash")


@dataclass(frozen=True, slots=True)
class TrueKey:
    """What makes two connections one edge. Ends are ``namespace/Kind/name``, the name asked for, or an address."""

    source: str
    destination: str
    protocol: str
    port: int
    outcome: Outcome
    purpose: Purpose
    intended: bool


@dataclass(slots=True)
class TrueEdge:
    """All connections of one kind. ``seen`` counts those of which a record stands in the logs.

    ``ends`` are one example of the two, ``addresses`` those of an end outside. ``answered`` counts connections that
    something listened to.
    """

    key: TrueKey
    ends: tuple[End, End]
    first: float
    last: float
    count: int = 0
    seen: int = 0
    answered: int = 0
    hours: dict[int, int] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    rules: tuple[RecordedRule, ...] = ()


@dataclass(slots=True)
class Truth:
    """The true edges, and how many records each node's log lost, by why."""

    roster: Roster
    edges: dict[TrueKey, TrueEdge] = field(default_factory=dict)
    lost: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, connection: Connection) -> TrueEdge:
        """Counts one connection."""
        source, destination = connection.source, connection.destination
        key = _key(connection)
        edge = self.edges.get(key)
        if edge is None:
            side = connection.egress if not connection.egress.allowed else connection.ingress
            edge = self.edges[key] = TrueEdge(
                key, (source, destination), connection.time, connection.time, rules=side.rules
            )
        edge.count += 1
        edge.answered += connection.answered
        edge.first = min(edge.first, connection.time)
        edge.last = max(edge.last, connection.time)
        hour = int(connection.time // HOUR)
        edge.hours[hour] = edge.hours.get(hour, 0) + 1
        if destination.instance is None:
            edge.addresses.add(destination.address)
        return edge

    def see(self, connection: Connection) -> None:
        """Counts a connection of which the first record is written."""
        self.edges[_key(connection)].seen += 1

    def lose(self, node: str, why: str) -> None:
        """Counts one record that is not in the logs."""
        self.lost[node, why] = self.lost.get((node, why), 0) + 1

    def edge_set(self, *, intended_only: bool = False, seen_only: bool = False) -> EdgeSet:
        """What a perfect reader would make of perfect logs, for those who build on edges and not on logs.

        ``seen_only`` leaves out edges of which the logs lost every record.
        """
        found = [
            _edge(edge, self.roster)
            for edge in self.edges.values()
            if (edge.key.intended or not intended_only) and (edge.seen or not seen_only)
        ]
        hours = sorted({hour for edge in self.edges.values() for hour in edge.hours})
        firsts, lasts = [edge.first for edge in found], [edge.last for edge in found]
        return EdgeSet.of(
            found,
            Coverage(
                min(firsts, default=None),
                max(lasts, default=None),
                tuple(hours),
                ("simulated",),
                tuple(node.name for node in self.roster.nodes),
                sum(edge.connections for edge in found),
            ),
        )

    def documents(self) -> Iterator[dict[str, Any]]:
        """One JSON object an edge, a pod and a node's loss, in that order."""
        for edge in sorted(self.edges.values(), key=_order):
            yield _document(edge)
        for instance in self.roster.instances():
            yield _pod(instance)
        for (node, why), count in sorted(self.lost.items()):
            yield {"kind": "lost", "node": node, "why": why, "records": count}


def party_of(end: End, roster: Roster) -> Party:
    """The party that an end is for flow logs: host-network pods can't be told from their node."""
    if end.instance is not None and end.kind is EndKind.POD:
        ref = end.instance.pod.workload
        pods = [one.pod for one in roster.by_workload[ref]]
        common = set(pods[0].labels.items()).intersection(*(pod.labels.items() for pod in pods[1:]))
        labels = tuple(sorted((key, value) for key, value in common if key not in _UNRECORDED))
        names = tuple(sorted({pod.name for pod in pods})[:20])
        return Party(PartyKind.WORKLOAD, ref.namespace, f"{ref.kind}/{ref.name}", labels=labels, pods=names)
    if end.kind is EndKind.EXTERNAL:
        return Party(PartyKind.EXTERNAL, address=end.address, names=end.names)
    if end.kind is EndKind.API_SERVER:
        return Party(PartyKind.NODE, address=end.address, service="default/kubernetes")
    return Party(PartyKind.NODE, workload=f"Node/{end.node}")


def _edge(edge: TrueEdge, roster: Roster) -> Edge:
    key, (source, destination) = edge.key, edge.ends
    return Edge(
        party_of(source, roster),
        party_of(destination, roster),
        key.protocol,
        key.port,
        key.outcome,
        edge.count,
        edge.first,
        edge.last,
        tuple(sorted(edge.hours.items())),
        egress=source.kind is EndKind.POD,
        ingress=destination.kind is EndKind.POD,
        policies=edge.rules if key.outcome is not Outcome.ALLOWED else (),
        formats=("simulated",),
    )


def _key(connection: Connection) -> TrueKey:
    return TrueKey(
        connection.source.party,
        connection.destination.party,
        connection.protocol,
        connection.port,
        connection.outcome,
        connection.purpose,
        connection.intended,
    )


def _order(edge: TrueEdge) -> tuple[object, ...]:
    key = edge.key
    return (key.source, key.destination, key.protocol, key.port, key.outcome.value, key.purpose.value, key.intended)


def _document(edge: TrueEdge) -> dict[str, Any]:
    key = edge.key
    found: dict[str, Any] = {
        "kind": "edge",
        "source": key.source,
        "destination": key.destination,
        "protocol": key.protocol,
        "port": key.port,
        "outcome": key.outcome.value,
        "purpose": key.purpose.value,
        "intended": key.intended,
        "count": edge.count,
        "seen": edge.seen,
        "answered": edge.answered,
        "first": moment(edge.first),
        "last": moment(edge.last),
    }
    if edge.addresses:
        found["addresses"] = sorted(edge.addresses)
    if key.outcome is not Outcome.ALLOWED:
        found["denied_by"] = [f"{one.kind} {one.namespace}/{one.name}" for one in edge.rules]
    return found


def _pod(instance: Instance) -> dict[str, Any]:
    pod = instance.pod
    return {
        "kind": "pod",
        "pod": f"{pod.namespace}/{pod.name}",
        "workload": str(pod.workload),
        "address": format_address(pod.addresses[0]),
        "node": pod.node,
        "from": moment(instance.start),
        "to": moment(instance.end) if instance.end != float("inf") else None,
    }


def moment(time: float) -> str:
    """``2026-11-16T08:00:00.250000Z``."""
    return dt.datetime.fromtimestamp(time, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


__all__ = ["TrueEdge", "TrueKey", "Truth", "moment", "party_of"]
