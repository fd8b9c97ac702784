"""Works out the edges of a store, of what was added since they were worked out last.

The result is the same as if all of it was worked out anew, and depends neither on the order in which logs came nor on
how they were cut:

1. A flow is mapped again if it was counted since; if what is known of one of its ends has changed, by a new inventory,
   a DNS answer, or a pod that other flows name; or if its direction was told by ports, and more is known of those.
2. Edges are worked out again for each pair of ends, protocol and port to which such a flow led, or leads now.

After something was taken out (:data:`ALL`), all of it is done again. All is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from ringfence.flows import changes
from ringfence.flows.edges import Party
from ringfence.flows.known import END, Known, Seen
from ringfence.flows.leaning import Leaning, Named, body_of
from ringfence.flows.mapping import Kept, Mapping
from ringfence.flows.merging import plan, seen
from ringfence.flows.numbers import number_of
from ringfence.flows.opening import Ports, Served
from ringfence.flows.parties import PartyBook, Said
from ringfence.flows.rows import answer_of, arrow, flow_of, state_of_body
from ringfence.flows.storage import Storage
from ringfence.flows.tables import MADE, empty
from ringfence.model.flow import FlowEnd

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

STALE = "stale"
"""The note that says that edges must be worked out: those of what was added, or :data:`ALL` of them."""

ADDED = "added"
ALL = "all"

PART = 100_000
"""Flows that are worked on at once: it bounds the memory."""

_end = msgspec.json.Decoder(FlowEnd)
_said = msgspec.json.Decoder(Said)


def stale(storage: Storage, what: str = ADDED) -> None:
    """Notes, within a transaction, that edges must be worked out; :data:`ALL` stays until that is done."""
    if storage.note(STALE) != ALL:
        storage.set_note(STALE, what)


def derive(storage: Storage) -> None:
    """Brings the tables that are worked out up to date."""
    with storage.changing():
        _Derivation(storage).run()
        storage.set_note(STALE, "")


class _Derivation:
    """One bringing up to date."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def run(self) -> None:
        storage = self._storage
        whole = storage.note(STALE) == ALL
        if whole:
            for name in MADE:
                storage.replace(name, arrow(name, empty(name)))
        storage.keep("touched", changes.every() if whole else changes.touched())
        storage.keep("fresh", changes.fresh())
        storage.keep("served", changes.served())
        ends = self._lean()
        storage.keep("asked", changes.asked())
        known, changed = self._look_up(ends)
        storage.keep("changed", changed)
        storage.keep("affected", changes.affected())
        self._map(known)
        self._book()
        self._merge()
        storage.replace("touched", arrow("touched", empty("touched")))

    def _lean(self) -> dict[int, Named]:
        """Notes what flows that are new lean on, and gives their ends."""
        leaning = Leaning()
        for flows in self._flows("fresh"):
            for kept in flows:
                leaning.note(kept)
            self._storage.append("leans", arrow("leans", leaning.take()))
        return leaning.ends

    def _look_up(self, new: dict[int, Named]) -> tuple[Known, pa.Table]:
        """Looks all ends up, and gives those of which something else is known than before."""
        storage = self._storage
        rows = storage.fetch(changes.times()).to_pydict()
        bounds = {
            number: (first, last)
            for number, first, last in zip(rows["end"], rows["first"], rows["last"], strict=True)
        }  # fmt: skip
        columns = empty("ends")
        for batch in storage.batches("ends"):
            for name, values in batch.to_pydict().items():
                columns[name] += values
        have = set(columns["end"])
        for number, named in new.items():
            if number not in have:
                row = (number, named[0], named[1], inf, -inf, None, body_of(named))
                for column, value in zip(columns.values(), row, strict=True):
                    column.append(value)
        seen: list[Seen | None] = []
        for at, number in enumerate(columns["end"]):
            first, last = bounds.get(number, (inf, -inf))
            first, last = min(first, columns["first"][at]), max(last, columns["last"][at])
            columns["first"][at], columns["last"][at] = first, last
            is_end = columns["kind"][at] == END
            body = columns["body"][at]
            seen.append(Seen(columns["cluster"][at], _end.decode(body), first, last) if is_end else None)
        known = Known(*self._given(), [each for each in seen if each is not None])
        changed = []
        for at, each in enumerate(seen):
            cluster = columns["cluster"][at]
            if each is not None:
                digest = known.digest(cluster, each.end)
            else:
                digest = known.writer_digest(cluster, columns["body"][at])
            if digest != columns["digest"][at]:
                columns["digest"][at] = digest
                changed.append(columns["end"][at])
        storage.replace("ends", arrow("ends", columns))
        return known, _numbers("end", changed)

    def _given(self) -> tuple[list[Any], list[Any]]:
        storage = self._storage
        states = [state_of_body(body) for batch in storage.batches("states") for body in batch["body"].to_pylist()]
        answers = [
            (cluster, answer_of(body))
            for batch in storage.batches("answers")
            for cluster, body in zip(batch["cluster"].to_pylist(), batch["body"].to_pylist(), strict=True)
        ]
        return states, answers

    def _map(self, known: Known) -> None:
        """Maps the affected flows again, and keeps the pairs to which they led, or lead now."""
        storage = self._storage
        storage.keep("before", changes.led())
        for name in ("mapped", "details"):
            storage.remove(name, changes.kept("affected"))
        mapping = Mapping(known, self._ports())
        for flows in self._flows("affected"):
            for name, rows in zip(("mapped", "details"), mapping.rows(flows), strict=True):
                storage.append(name, arrow(name, rows))
        have = {number for batch in storage.batches("said", "said") for number in batch.column(0).to_pylist()}
        said = {number: body for number, body in mapping.said.items() if number not in have}
        storage.append("said", arrow("said", {"said": list(said), "body": list(said.values())}))
        storage.keep("pairs", changes.pairs())

    def _ports(self) -> Ports:
        rows = self._storage.fetch(changes.ports()).to_pydict()
        return {
            port: Served(opened, used)
            for port, opened, used in zip(rows["port"], rows["opened"], rows["used"], strict=True)
        }

    def _flows(self, of: str) -> Iterator[Iterator[Kept]]:
        """Flows in parts."""
        parts = self._parts(changes.number(of))
        for part in range(parts):
            yield _kept(self._storage.fetch(changes.flows(of, part, parts)))

    def _parts(self, number: ir.Table) -> int:
        return 1 + int(self._storage.fetch(number).column("number")[0].as_py()) // PART

    def _book(self) -> None:
        """Puts the parties of the pairs together from what their rows say."""
        storage = self._storage
        storage.keep("parties", changes.parties())
        storage.remove("parties", changes.kept("parties"))
        book = PartyBook()
        for body in storage.fetch(changes.said()).column("body").to_pylist():
            book.add(_said.decode(body))
        columns = empty("parties")
        for key, party in book.parties().items():
            for column, value in zip(columns.values(), _party_row(key, party), strict=True):
                column.append(value)
        storage.append("parties", arrow("parties", columns))

    def _merge(self) -> None:
        """Works out the edges of the pairs."""
        storage = self._storage
        for name in ("hourly", "edges", "edge_details", "sightings"):
            storage.remove(name, changes.kept("pairs"))
        parts = self._parts(changes.mapped_to_pairs())
        for part in range(parts):
            steps = plan(part, parts)
            for name, expression in steps.kept:
                storage.keep(name, expression)
            for name, expression in steps.tables:
                storage.append(name, expression)
        storage.replace("seen", seen())


def _kept(rows: pa.Table) -> Iterator[Kept]:
    """Flows from their rows, each once, though a store of Parquet files may have it in several."""
    gone: set[int] = set()
    columns = (rows.column(name).to_pylist() for name in ("flow", "cluster", "format", "body", "first", "last"))
    for number, cluster, of, body, first, last in zip(*columns, strict=True):
        if number not in gone:
            gone.add(number)
            yield Kept(number, cluster, of, flow_of(body), first, last)


def _numbers(name: str, values: list[int]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: pa.array(values, pa.int64())})


def _party_row(key: tuple[str, ...], party: Party) -> tuple[Any, ...]:
    body = msgspec.json.encode(party).decode()
    return (number_of("\n".join(key)), party.kind.value, party.cluster, party.namespace, party.workload, body)
