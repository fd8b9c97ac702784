"""Who talks most: by connections or bytes, by source, destination, pair, port, or name outside the cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ringfence.explain.evidence import Evidence, evidence
from ringfence.flows.choosing import Choice
from ringfence.flows.edges import Edge, EdgeSet, PartyKind
from ringfence.flows.store import Store
from ringfence.flows.talkers import DESTINATION, OUTSIDE, PORT, SOURCE, Talker
from ringfence.model.objects import Snapshot
from ringfence.observe.calls import PASSED, STOPPED


class By(Enum):
    """What connections are counted by."""

    PAIR = "pair"
    SOURCE = "source"
    DESTINATION = "destination"
    PORT = "port"
    NAME = "name"  # names outside the cluster that were asked for, addresses where none was


@dataclass(frozen=True, slots=True)
class Top:
    """The rows, those with most first, of ``total``, and the evidence.

    ``without_bytes`` counts edges whose records have no bytes.
    """

    by: By
    rows: tuple[Talker, ...]
    total: int
    edges: int
    without_bytes: int
    evidence: Evidence


def top_of(store: Store, choice: Choice, by: By = By.PAIR, *, octets: bool = False, limit: int) -> Top:
    """The ``limit`` first rows of a store's edges, which are added up where they are."""
    found = store.sums(choice, _KEYS[by], octets=octets, limit=limit)
    rows = sorted(found.rows, key=lambda row: (-(row.all_octets if octets else row.connections), row.name))
    return Top(
        by, tuple(rows), found.total, found.edges, found.without_bytes, evidence(store.coverage(choice), None, ())
    )


def top(edges: EdgeSet, by: By = By.PAIR, *, octets: bool = False, snapshot: Snapshot | None = None) -> Top:
    """Rows by connections, or with ``octets`` by bytes in both directions, of edges that are whole."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        for name in _NAMES[by](edge):
            found.setdefault(name, []).append(edge)
    rows = [_row(name, members, by) for name, members in found.items()]
    rows.sort(key=lambda row: (-(row.all_octets if octets else row.connections), row.name))
    missing = sum(edge.octets is None and edge.octets_back is None for edge in edges)
    return Top(by, tuple(rows), len(rows), len(edges), missing, evidence(edges.coverage, snapshot, edges.parties))


def _row(name: str, members: list[Edge], by: By) -> Talker:
    others = {str(edge.source) if by is not By.SOURCE else str(edge.destination) for edge in members}
    return Talker(
        name,
        sum(edge.connections for edge in members),
        sum(edge.connections for edge in members if edge.outcome in PASSED),
        sum(edge.connections for edge in members if edge.outcome in STOPPED),
        _sum([edge.octets for edge in members]),
        _sum([edge.octets_back for edge in members]),
        len(others),
        min(edge.first for edge in members),
        max(edge.last for edge in members),
    )


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _external(edge: Edge) -> tuple[str, ...]:
    party = edge.destination
    if party.kind is not PartyKind.EXTERNAL:
        return ()
    return (party.names[0] if party.names else party.address or str(party),)


_NAMES: dict[By, Callable[[Edge], tuple[str, ...]]] = {
    By.PAIR: lambda edge: (f"{edge.source} → {edge.destination}",),
    By.SOURCE: lambda edge: (str(edge.source),),
    By.DESTINATION: lambda edge: (str(edge.destination),),
    By.PORT: lambda edge: (f"{edge.protocol} {edge.port}" if edge.port is not None else edge.protocol,),
    By.NAME: _external,
}

_KEYS = {
    By.PAIR: (SOURCE, DESTINATION),
    By.SOURCE: (SOURCE,),
    By.DESTINATION: (DESTINATION,),
    By.PORT: PORT,
    By.NAME: (OUTSIDE,),
}
