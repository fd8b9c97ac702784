"""Reads edges out of a store: columns by the million, or a few of them whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from ringfence.flows.choosing import PAIR_AND_OUTCOME, Choice, chosen, in_window
from ringfence.flows.edges import Coverage, Edge, EdgeSet, Entrance, Party, Reset
from ringfence.flows.rows import losses_of
from ringfence.flows.storage import Storage
from ringfence.flows.tables import NO_PORT, PODS, RESET
from ringfence.model.flow import Outcome, RecordedRule

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

_party = msgspec.json.Decoder(Party)
_rule = msgspec.json.Decoder(RecordedRule)
_entrance = msgspec.json.Decoder(Entrance)
_reset = msgspec.json.Decoder(Reset)

Key = tuple[int, int, str, int, str]


def edge_set(storage: Storage, choice: Choice, *, whole: bool, limit: int | None = None) -> EdgeSet:
    """The chosen edges, sorted by source, destination, protocol, port and outcome.

    With ``limit`` they are those with most connections; of edges with as many, those that are sorted first.
    """
    import numpy as np

    picked = chosen(storage, choice)
    if limit is not None:
        picked = picked.semi_join(storage.keep("most", _most(storage, picked, limit)), PAIR_AND_OUTCOME)
    found, parties = in_order(storage, storage.fetch(picked), PAIR_AND_OUTCOME[2:])
    source, destination = (found.column(name).to_numpy() for name in ("source_place", "destination_place"))
    is_used = np.bincount(np.concatenate([source, destination]), minlength=len(parties)) > 0
    places = np.cumsum(is_used) - 1
    used = [party for party, used in zip(parties, is_used.tolist(), strict=True) if used]
    edges = columns_of(found, used, places[source].tolist(), places[destination].tolist())
    edges.coverage = coverage(storage, choice)
    if whole:
        every = choice == Choice() and limit is None
        edges.edges = whole_edges(storage, choice, found, edges, None if every else picked)
    return edges


def columns_of(found: pa.Table, parties: Sequence[Party], source: Sequence[int], destination: Sequence[int]) -> EdgeSet:
    """Rows of edges in columns, between these parties, by their places."""
    ports = found.column("port").to_numpy().tolist()
    return EdgeSet(
        parties,
        source,
        destination,
        _shared(found.column("protocol")),
        [None if port == NO_PORT else port for port in ports],
        _shared(found.column("outcome"), Outcome),
        found.column("connections").to_numpy().tolist(),
        found.column("first").to_numpy().tolist(),
        found.column("last").to_numpy().tolist(),
    )


def _most(storage: Storage, picked: ir.Table, limit: int) -> ir.Table:
    """The keys of those edges that have most connections."""
    numbers, _ = used_parties(storage, picked)
    placed = with_places(picked, keep_places(storage, "places", numbers))
    order = [placed[name] for name in ("source_place", "destination_place", *PAIR_AND_OUTCOME[2:])]
    return placed.order_by([placed.connections.desc(), *order]).limit(limit).select(*PAIR_AND_OUTCOME)


def used_parties(storage: Storage, picked: ir.Table) -> tuple[list[int], list[Party]]:
    """The parties of these edges, in the order of what they are, and their numbers."""
    parties = storage.table("parties")
    used = picked.select(party=picked.source).union(picked.select(party=picked.destination)).distinct()
    return _decoded(storage.fetch(parties.semi_join(used, "party").select("party", "body")))


def keep_places(storage: Storage, name: str, numbers: Sequence[int], ends: Sequence[int] | None = None) -> ir.Table:
    """Keeps a table of the places of parties in this order, and of the number of the end that each is."""
    import pyarrow as pa

    places = list(range(len(numbers)))
    columns = {"party": list(numbers), "place": places, "end": places if ends is None else list(ends)}
    return storage.keep(name, pa.table({key: pa.array(values, pa.int64()) for key, values in columns.items()}))


def with_places(edges: ir.Table, places: ir.Table) -> ir.Table:
    """Edges with the places and ends of their parties."""
    for side in ("source", "destination"):
        of = places.rename({f"{side}_{column}": column for column in places.columns})
        edges = edges.join(of, edges[side] == of[f"{side}_party"])
    return edges


def coverage(storage: Storage, choice: Choice) -> Coverage:
    """What there is evidence of, in the window of a choice."""
    seen = in_window(storage.table("seen"), choice)
    rows = storage.fetch(seen).to_pydict()
    bodies = [body for batch in storage.batches("losses") for body in batch.column("body").to_pylist()]
    losses = [
        loss
        for loss in losses_of(bodies)
        if not (
            (choice.since is not None and loss.last is not None and loss.last < choice.since)
            or (choice.until is not None and loss.first is not None and loss.first >= choice.until)
        )
    ]
    return Coverage(
        min(rows["first"], default=None),
        max(rows["last"], default=None),
        tuple(sorted(set(rows["hour"]))),
        tuple(sorted(set(rows["format"]) - {""})),
        tuple(sorted(set(rows["node"]) - {""})),
        sum(rows["records"]),
        sum(rows["unmapped"]),
        sum(rows["replies_dropped"]),
        tuple(losses),
        _ingress_nodes(storage),
    )


def _ingress_nodes(storage: Storage) -> tuple[str, ...]:
    """The nodes that recorded something that arrived and was let in, at any time."""
    mapped = storage.table("mapped")
    arrived = mapped.filter((mapped.side == "ingress") & (mapped.outcome == "allowed") & ~mapped.reply)
    return tuple(sorted(set(storage.fetch(arrived.select("node").distinct())["node"].to_pylist()) - {""}))


def parties_of(storage: Storage, numbers: Any) -> tuple[list[int], list[Party]]:
    """The parties with these numbers (an array without doubles), in the order of what they are, and their numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # All parties are fetched, and the choice is made here: to ask for many numbers, they would have to be written down,
    # and who only reads a store writes nothing.
    table = storage.fetch(storage.table("parties").select("party", "body"))
    return _decoded(table.filter(pc.is_in(table.column("party"), pa.array(numbers, pa.int64()))))


def _decoded(rows: pa.Table) -> tuple[list[int], list[Party]]:
    parties = map(_party.decode, rows.column("body").to_pylist())
    found = sorted(
        zip(parties, rows.column("party").to_pylist(), strict=True), key=lambda each: order(each[0])
    )  # fmt: skip
    return [number for _, number in found], [party for party, _ in found]


def every_party(storage: Storage) -> tuple[list[int], list[Party]]:
    """All parties, and their numbers."""
    rows = storage.fetch(storage.table("parties").select("party", "body")).to_pydict()
    return rows["party"], list(map(_party.decode, rows["body"]))


def order(party: Party) -> tuple[str, ...]:
    """What parties are sorted by."""
    name = party.names[0] if party.names else ""
    return party.cluster, party.kind.value, party.namespace, party.workload, party.service, name, party.address


def in_order(storage: Storage, found: pa.Table, then: Sequence[str]) -> tuple[pa.Table, list[Party]]:
    """Rows of edges sorted by their parties, whose places are added as columns, then by ``then``; and the parties."""
    import numpy as np
    import pyarrow as pa

    ends = [found.column(name).to_numpy() for name in ("source", "destination")]
    numbers, parties = parties_of(storage, np.unique(np.concatenate(ends)))
    at = np.argsort(np.array(numbers, np.int64))
    known = np.array(numbers, np.int64)[at]
    for name, end in zip(("source_place", "destination_place"), ends, strict=True):
        found = found.append_column(name, pa.array(at[np.searchsorted(known, end)]))
    keys = ("source_place", "destination_place", *then)
    return found.sort_by([(key, "ascending") for key in keys]), parties


def _shared(column: pa.ChunkedArray, make: Any = str) -> list[Any]:
    """The values of a column of few different texts, each made once."""
    if not len(column):
        return []
    encoded = column.combine_chunks().dictionary_encode()
    values = [make(text) for text in encoded.dictionary.to_pylist()]
    return [values[index] for index in encoded.indices.to_numpy().tolist()]


def whole_edges(
    storage: Storage, choice: Choice, found: pa.Table, edges: EdgeSet, only: ir.Table | None = None
) -> list[Edge]:
    """Edges with hours, policies and all else. ``found`` are their rows, and ``only`` those of the store, or of all."""
    keys: list[Key] = list(zip(*(found.column(name).to_pylist() for name in PAIR_AND_OUTCOME), strict=True))
    tables = [in_window(storage.table("hourly"), choice), storage.table("edge_details")]
    if only is not None:
        wanted = storage.keep("wanted", only.select(*PAIR_AND_OUTCOME))
        tables = [table.semi_join(wanted, PAIR_AND_OUTCOME) for table in tables]
    hours: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    rows = storage.fetch(tables[0].order_by("hour"))
    for key, hour, number in zip(
        _keys(rows), rows.column("hour").to_pylist(), rows.column("connections").to_pylist(), strict=True
    ):
        hours[key].append((hour, number))
    details: dict[Key, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    rows = storage.fetch(tables[1].order_by("kind", "value"))
    for key, kind, value in zip(
        _keys(rows), rows.column("kind").to_pylist(), rows.column("value").to_pylist(), strict=True
    ):
        details[key][kind].append(value)
    columns = {
        name: found.column(name).to_pylist() for name in ("octets", "octets_back", "egress", "ingress", "guessed")
    }
    return [
        Edge(
            plain.source,
            plain.destination,
            plain.protocol,
            plain.port,
            plain.outcome,
            plain.connections,
            plain.first,
            plain.last,
            tuple(hours[key]),
            columns["egress"][number],
            columns["ingress"][number],
            tuple(map(_rule.decode, details[key]["policy"])),
            tuple(map(_rule.decode, details[key]["pending"])),
            "; ".join(details[key]["reason"]),
            tuple(details[key]["application"]),
            columns["octets"][number],
            columns["octets_back"][number],
            columns["guessed"][number],
            tuple(details[key]["format"]),
            _resets(details[key][RESET], hours[key]),
            tuple(map(_entrance.decode, details[key]["via"])),
            *(tuple(details[key][kind]) for kind in PODS),
        )
        for number, (key, plain) in enumerate(zip(keys, edges, strict=True))
    ]


def _resets(values: list[str], hours: list[tuple[int, int]]) -> tuple[Reset, ...]:
    """The resets in the hours that are chosen."""
    if not values:
        return ()
    chosen_hours = {hour for hour, _ in hours}
    return tuple(sorted(reset for reset in map(_reset.decode, values) if reset.hour in chosen_hours))


def _keys(rows: pa.Table) -> list[Key]:
    return list(zip(*(rows.column(name).to_pylist() for name in PAIR_AND_OUTCOME), strict=True))
