"""Works out the edges of a store from the flows, states and DNS answers that it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from ringfence.flows.edges import Party
from ringfence.flows.mapping import Columns, Kept, Mapping
from ringfence.flows.merging import plan
from ringfence.flows.rows import answer_of, arrow, flow_of, state_of_body
from ringfence.flows.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

STALE = "stale"
"""The note that says that edges must be worked out again."""


def derive(storage: Storage) -> None:
    """Replaces the tables that are worked out. All of it is done again, since a state or an answer may change it all.

    The result depends on what the store has, and neither on its order nor on how it came in.
    """
    tallies = storage.table("tallies")
    bounds = storage.fetch(
        tallies.group_by("flow").agg(first=tallies["first"].min(), last=tallies["last"].max())
    ).to_pydict()
    times = dict(zip(bounds["flow"], zip(bounds["first"], bounds["last"], strict=True), strict=True))
    states = [state_of_body(row["body"]) for batch in storage.batches("states") for row in batch.to_pylist()]
    answers = [
        (row["cluster"], answer_of(row["body"])) for batch in storage.batches("answers") for row in batch.to_pylist()
    ]
    mapping = Mapping(lambda: _kept(storage, times), states, answers)
    mapped, details = [], []
    for rows, more in mapping.rows():
        mapped.append(arrow("mapped", rows))
        details.append(arrow("details", more))
    parties, numbers = _in_order(mapping.book.parties())
    with storage.changing():
        storage.replace("parties", arrow("parties", parties))
        storage.replace("mapped", _renumbered(_concat(mapped), numbers))
        storage.replace("details", _concat(details))
    steps = plan()
    with storage.changing():
        for name, expression in steps.kept:
            storage.keep(name, expression)
        for name, expression in steps.tables:
            storage.replace(name, expression)
        storage.set_note(STALE, "")


def _kept(storage: Storage, times: dict[int, tuple[float, float]]) -> Iterator[Kept]:
    """The flows that were seen, each once, though a store of Parquet files may have it in several."""
    gone: set[int] = set()
    for batch in storage.batches("flows"):
        columns = batch.to_pydict()
        for number, cluster, of, body in zip(
            columns["flow"], columns["cluster"], columns["format"], columns["body"], strict=True
        ):
            if number in times and number not in gone:
                gone.add(number)
                yield Kept(number, cluster, of, flow_of(body), *times[number])


def _in_order(parties: list[Party]) -> tuple[Columns, list[int]]:
    """The rows of the parties, numbered in the order of what they are, and the new number of each old one."""
    order = sorted(range(len(parties)), key=lambda number: _sorting(parties[number]))
    numbers = [0] * len(parties)
    for new, old in enumerate(order):
        numbers[old] = new
    rows: Columns = {"party": list(range(len(order)))}
    rows["kind"] = [parties[old].kind.value for old in order]
    rows["cluster"] = [parties[old].cluster for old in order]
    rows["namespace"] = [parties[old].namespace for old in order]
    rows["workload"] = [parties[old].workload for old in order]
    rows["body"] = [msgspec.json.encode(parties[old]).decode() for old in order]
    return rows, numbers


def _sorting(party: Party) -> tuple[Any, ...]:
    return (
        party.cluster,
        party.kind.value,
        party.namespace,
        party.workload,
        party.service,
        party.names[:1],
        party.address,
    )


def _renumbered(mapped: pa.Table, numbers: list[int]) -> pa.Table:
    import pyarrow as pa

    new = pa.array(numbers, pa.int64())
    for name in ("source", "destination"):
        at = mapped.column_names.index(name)
        mapped = mapped.set_column(at, name, new.take(mapped.column(name).combine_chunks()))
    return mapped


def _concat(tables: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables(tables)
