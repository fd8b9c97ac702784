"""Edges as a table for other programs: Parquet, CSV or JSON lines."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringfence.flows.choosing import Choice, chosen, in_window
from ringfence.flows.edges import Party
from ringfence.flows.fetching import in_order
from ringfence.flows.storage import Storage
from ringfence.flows.tables import NO_PORT
from ringfence.model.errors import QueryError

if TYPE_CHECKING:
    import pyarrow as pa

_FIELDS: dict[str, Callable[[Party], str]] = {
    "kind": lambda party: party.kind.value,
    "cluster": lambda party: party.cluster,
    "namespace": lambda party: party.namespace,
    "workload": lambda party: party.workload,
    "service": lambda party: party.service,
    "address": lambda party: party.address,
    "name": lambda party: party.names[0] if party.names else "",
}


def export(storage: Storage, choice: Choice, path: str, *, by_hour: bool) -> int:
    """Writes the chosen edges to a file, in the format of its suffix, and says how many rows it has.

    ``by_hour`` writes a row for each edge and hour. The file is there whole or not at all.

    Raises:
        QueryError: the suffix is none of ``.parquet``, ``.csv`` and ``.jsonl``, or the file can't be written.
    """
    write = _WRITERS.get(Path(path).suffix)
    if write is None:
        raise QueryError(f"{path} has none of the suffixes {', '.join(_WRITERS)}, which say what to write.")
    table = _table(storage, choice, by_hour=by_hour)
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        try:
            write(table, name)
            Path(name).chmod(0o644)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise QueryError(f"{path} can't be written: {error.strerror or error}.") from None
    return int(table.num_rows)


def _table(storage: Storage, choice: Choice, *, by_hour: bool) -> pa.Table:
    import pyarrow as pa

    picked = chosen(storage, choice)
    keys = ["source", "destination", "protocol", "port", "outcome"]
    if by_hour:
        hours = in_window(storage.table("hourly"), choice)
        picked = hours.join(picked.select(*keys, "egress", "ingress", "guessed"), keys)
        keys.append("hour")
    found, parties = in_order(storage, storage.fetch(picked), keys[2:])
    columns: dict[str, Any] = {}
    for end in ("source", "destination"):
        places = found.column(f"{end}_place")
        for field, read in _FIELDS.items():
            values = pa.array([read(party) for party in parties], pa.string())
            columns[f"{end}_{field}"] = values.take(places.combine_chunks())
    ports = [None if port == NO_PORT else port for port in found.column("port").to_pylist()]
    columns |= {"protocol": found.column("protocol"), "port": pa.array(ports, pa.int64())}
    columns |= {"outcome": found.column("outcome")}
    if by_hour:
        columns["hour"] = _times(found.column("hour").to_numpy() * 3600.0)
    columns["connections"] = found.column("connections")
    columns |= {name: _times(found.column(name).to_numpy()) for name in ("first", "last")}
    columns |= {name: found.column(name) for name in ("octets", "octets_back", "egress", "ingress", "guessed")}
    return pa.table(columns)


def _times(seconds: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array((seconds * 1000).round().astype("int64")).cast(pa.timestamp("ms", "UTC"))


def _parquet(table: pa.Table, path: str) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path, compression="zstd")


def _csv(table: pa.Table, path: str) -> None:
    from pyarrow import csv

    csv.write_csv(_as_text(table), path)


def _json_lines(table: pa.Table, path: str) -> None:
    text = _as_text(table)
    with Path(path).open("w", encoding="utf-8", newline="\n") as stream:
        for batch in text.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                row = {key: value for key, value in row.items() if value not in (None, "")}
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _as_text(table: pa.Table) -> pa.Table:
    """Times in RFC 3339."""
    import pyarrow as pa
    from pyarrow import compute

    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = compute.strftime(table.column(at), format="%Y-%m-%dT%H:%M:%SZ")
            # strftime writes the fraction of the column's unit; answers have whole seconds
            text = compute.replace_substring_regex(text, r"\.\d+Z$", "Z")
            table = table.set_column(at, field.name, text)
    return table


_WRITERS = {".parquet": _parquet, ".csv": _csv, ".jsonl": _json_lines}
