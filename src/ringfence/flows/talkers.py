"""Sums of edges by who talks, worked out where the edges are: a million of them come to a few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.flows.choosing import Choice, chosen
from ringfence.flows.edges import PartyKind
from ringfence.flows.fetching import every_party
from ringfence.flows.storage import Storage
from ringfence.flows.tables import NO_PORT

if TYPE_CHECKING:
    import ibis.expr.types as ir

PASSED = ("allowed", "audited")
STOPPED = ("denied", "rejected")


@dataclass(frozen=True, slots=True)
class Talker:
    """What the edges of a pair, an end or a port come to. ``peers`` counts the distinct names on the other side.

    ``octets`` go out from the source and ``octets_back`` come in; None where no record has bytes. Times are seconds
    since 1970.
    """

    name: str
    connections: int
    passed: int
    stopped: int
    octets: int | None
    octets_back: int | None
    peers: int
    first: float
    last: float

    @property
    def all_octets(self) -> int:
        """Bytes in both directions; 0 where no record has any."""
        return (self.octets or 0) + (self.octets_back or 0)


@dataclass(frozen=True, slots=True)
class Sums:
    """The rows with most, of how many there are, and the number of edges, and of those without bytes."""

    rows: tuple[Talker, ...]
    total: int
    edges: int
    without_bytes: int


SOURCE, DESTINATION, OUTSIDE = "source_name", "destination_name", "destination_outside"
PORT = ("protocol", "port")


def sums(storage: Storage, choice: Choice, keys: tuple[str, ...], *, octets: bool, limit: int) -> Sums:
    """The edges of a choice, added up by names of their ends, or by port; at most ``limit`` rows.

    ``keys`` are columns: :data:`SOURCE` and :data:`DESTINATION`, either, :data:`OUTSIDE` (destinations outside the
    cluster by the name that was asked for), or :data:`PORT`.
    """
    names, listed = _names(storage)
    edges = _named(chosen(storage, choice), names)
    counted = storage.fetch(
        edges.agg(edges=edges.count(), without=(edges.octets.isnull() & edges.octets_back.isnull()).sum())
    ).to_pylist()[0]
    for key in keys:
        edges = edges.filter(edges[key].notnull())
    found = storage.keep("sums", _added(edges, keys, DESTINATION if keys == (SOURCE,) else SOURCE))
    total = storage.fetch(found.agg(number=found.count())).to_pylist()[0]["number"]
    most = found.octets.fill_null(0) + found.octets_back.fill_null(0) if octets else found.connections
    found = found.mutate(most=most)
    texts = [found[key].cast("string") if key in PORT else found[key] for key in keys]
    rows = storage.fetch(found.order_by([found.most.desc(), *texts]).limit(limit)).to_pylist()
    return Sums(tuple(_talker(row, keys, listed) for row in rows), total, counted["edges"], counted["without"] or 0)


def _talker(row: dict[str, Any], keys: tuple[str, ...], listed: list[str]) -> Talker:
    if keys == PORT:
        name = row["protocol"] if row["port"] == NO_PORT else f"{row['protocol']} {row['port']}"
    else:
        name = " → ".join(listed[row[key]] for key in keys)
    counts = {name: row[name] for name in _COUNTS}
    return Talker(name, **counts)


_COUNTS = ("connections", "passed", "stopped", "octets", "octets_back", "peers", "first", "last")


def _names(storage: Storage) -> tuple[ir.Table, list[str]]:
    """The names of the parties, as numbers in the order of the names, and these by number."""
    import pyarrow as pa

    numbers, parties = every_party(storage)
    several = len({party.cluster for party in parties}) > 1
    names, outside = [], []
    for party in parties:
        of = f"{party.cluster}:" if several and party.cluster else ""
        names.append(f"{of}{party}")
        found = party.names[0] if party.names else party.address or str(party)
        outside.append(f"{of}{found}" if party.kind is PartyKind.EXTERNAL else None)
    listed = sorted({*names, *(name for name in outside if name is not None)})
    at = {name: number for number, name in enumerate(listed)}
    columns = {
        "party": pa.array(numbers, pa.int64()),
        "name": pa.array([at[name] for name in names], pa.int64()),
        "outside": pa.array([None if name is None else at[name] for name in outside], pa.int64()),
    }
    return storage.keep("names", pa.table(columns)), listed


def _named(edges: ir.Table, names: ir.Table) -> ir.Table:
    """Edges with the names of their ends, by number."""
    for end in ("source", "destination"):
        of = names.rename({f"{end}_{column}": column for column in names.columns})
        edges = edges.join(of, edges[end] == of[f"{end}_party"])
    return edges


def _added(edges: ir.Table, keys: tuple[str, ...], other: str) -> ir.Table:
    return edges.group_by(*keys).agg(
        connections=edges.connections.sum().cast("int64"),
        passed=edges.connections.sum(where=edges.outcome.isin(PASSED)).fill_null(0).cast("int64"),
        stopped=edges.connections.sum(where=edges.outcome.isin(STOPPED)).fill_null(0).cast("int64"),
        octets=edges.octets.sum().cast("int64"),
        octets_back=edges.octets_back.sum().cast("int64"),
        peers=edges[other].nunique().cast("int64"),
        first=edges["first"].min(),
        last=edges["last"].max(),
    )
