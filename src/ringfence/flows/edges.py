"""Who talked to whom: flows joined with the pods of a cluster, one edge for all connections alike.

An :class:`EdgeSet` holds its edges in columns, because a week of a large cluster has a million of them, and questions
about all of them (replay, learn) look at each distinct pair of parties once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ringfence.model.flow import Loss, Outcome, RecordedRule


class PartyKind(Enum):
    """What an end of an edge is, after all that is known was looked up."""

    WORKLOAD = "workload"
    NODE = "node"
    EXTERNAL = "external"  # an address outside the cluster, with the names it was asked for by
    SERVICE = "service"  # a cluster address whose pod no record tells
    UNKNOWN = "unknown"  # an address of the cluster, or a pod, that the inventory does not have at that time

    # Ends are asked by the million; the hash that Enum brings is Python code.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Party:
    """One end of edges.

    ``workload`` is ``Kind/name``, a bare pod's is ``Pod/name``. ``labels`` are those of the pods at that time, as far
    as all of the workload's pods had them alike; ``pods`` names some that were seen (sorted, at most 20). ``address``
    is set for ends that are no pods. ``names`` are DNS names that were asked for before the address was used, the best
    first.
    """

    kind: PartyKind
    namespace: str = ""
    workload: str = ""
    address: str = ""
    names: tuple[str, ...] = ()
    service: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    pods: tuple[str, ...] = field(default=(), compare=False)
    cluster: str = ""

    def __str__(self) -> str:
        """``namespace/Kind/name``, ``name (address)``, or what there is."""
        if self.workload:
            return f"{self.namespace}/{self.workload}" if self.namespace else self.workload
        if self.names:
            return f"{self.names[0]} ({self.address})" if self.address else self.names[0]
        return self.address or self.service or "unknown"


class Reset(NamedTuple):
    """Connections of one ``hour`` (seconds / 3600) that the destination reset, from ``first`` to ``last`` (seconds)."""

    hour: int
    connections: int
    first: float
    last: float


class Entrance(NamedTuple):
    """A port of nodes, or an address of a load balancer, at which a Service is called, in words.

    Where it doesn't keep the client's address, the pods and their policies may see that of a node instead.
    """

    place: str
    keeps_client: bool

    def __str__(self) -> str:
        return f"{self.place}, which {'keeps' if self.keeps_client else 'may replace'} the client's address"


@dataclass(frozen=True, slots=True)
class Edge:
    """All connections of one kind from one party to another, with one outcome.

    ``port`` is the pod's own (the Service's target), for ICMP the type; None where no record tells. ``connections`` is
    the best count: what the source counted, else records at the one observation point that saw most of them. ``first``
    and ``last`` are seconds since 1970, UTC. ``hours`` maps an hour (seconds / 3600) to connections. ``policies`` are
    those that the records name; ``egress`` and ``ingress`` tell which side's records say so. ``guessed`` tells that
    the direction was inferred from the ports. ``resets`` are those of the connections that were answered by a reset,
    of clients of which none was accepted in that hour. ``via`` are the entrances by which a Service was called.
    ``source_pods`` and ``destination_pods`` are those that were denied, as far as records or the inventory name them;
    empty for what passed.
    """

    source: Party
    destination: Party
    protocol: str
    port: int | None
    outcome: Outcome
    connections: int
    first: float
    last: float
    hours: tuple[tuple[int, int], ...] = ()
    egress: bool = False
    ingress: bool = False
    policies: tuple[RecordedRule, ...] = ()
    pending: tuple[RecordedRule, ...] = ()
    reason: str = ""
    applications: tuple[str, ...] = ()
    octets: int | None = None
    octets_back: int | None = None
    guessed: bool = False
    formats: tuple[str, ...] = ()
    resets: tuple[Reset, ...] = ()
    via: tuple[Entrance, ...] = ()
    source_pods: tuple[str, ...] = ()
    destination_pods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the evidence is, and what it isn't. An answer built on flows states it.

    ``hours`` are those with at least one record; ``formats`` the logs it came from; ``nodes`` those that wrote a
    record. ``unmapped`` counts records whose ends the inventory does not have at their time. ``ingress_nodes`` are the
    nodes that recorded something that arrived and was let in.
    """

    first: float | None = None
    last: float | None = None
    hours: tuple[int, ...] = ()
    formats: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    records: int = 0
    unmapped: int = 0
    replies_dropped: int = 0
    losses: tuple[Loss, ...] = ()
    ingress_nodes: tuple[str, ...] = ()


@dataclass(slots=True)
class EdgeSet:
    """Edges in columns.

    All sequences but ``parties`` have one entry an edge; ``source`` and ``destination`` index ``parties``. ``edges``
    has them whole; None where a store read only the columns.
    """

    parties: Sequence[Party]
    source: Sequence[int]
    destination: Sequence[int]
    protocol: Sequence[str]
    port: Sequence[int | None]
    outcome: Sequence[Outcome]
    connections: Sequence[int]
    first: Sequence[float]
    last: Sequence[float]
    edges: Sequence[Edge] | None = None
    coverage: Coverage = field(default_factory=Coverage)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, number: int) -> Edge:
        """One edge, with what the store has of it."""
        if self.edges is not None:
            return self.edges[number]
        return Edge(
            self.parties[self.source[number]],
            self.parties[self.destination[number]],
            self.protocol[number],
            self.port[number],
            self.outcome[number],
            self.connections[number],
            self.first[number],
            self.last[number],
        )

    def __iter__(self) -> Iterator[Edge]:
        return (self[number] for number in range(len(self)))

    @classmethod
    def of(cls, edges: Sequence[Edge], coverage: Coverage | None = None) -> EdgeSet:
        """A set of edges made by hand, or read whole."""
        numbers: dict[Party, int] = {}
        source = [numbers.setdefault(edge.source, len(numbers)) for edge in edges]
        destination = [numbers.setdefault(edge.destination, len(numbers)) for edge in edges]
        return cls(
            list(numbers),
            source,
            destination,
            [edge.protocol for edge in edges],
            [edge.port for edge in edges],
            [edge.outcome for edge in edges],
            [edge.connections for edge in edges],
            [edge.first for edge in edges],
            [edge.last for edge in edges],
            list(edges),
            coverage or Coverage(),
        )
