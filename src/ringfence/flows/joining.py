"""Puts the stores of several clusters together into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.flows import rows
from ringfence.flows.deriving import ALL, stale
from ringfence.flows.numbers import number_of
from ringfence.flows.storage import Storage

if TYPE_CHECKING:
    import pyarrow as pa

_OF_INPUT = ("inputs", "tallies", "losses", "answers")


@dataclass(frozen=True, slots=True)
class Joined:
    """What came from one store: its path, the cluster's name for logs that had none, and how many inputs."""

    path: str
    cluster: str
    inputs: int


def join(target: Storage, source: Storage, cluster: str) -> Joined:
    """Adds what ``source`` has to ``target``, in one transaction. Logs without a cluster get the name ``cluster``.

    An input that came from that store before is replaced, so a store that has grown can be merged again.
    """
    given = source.fetch(source.table("inputs")).to_pylist()
    have = target.fetch(target.table("inputs")).to_pylist()
    places: dict[tuple[Any, ...], set[int]] = {}
    for row in have:
        places.setdefault(_identity(row, row["cluster"]), set()).add(row["input"])
    numbers: dict[int, int] = {}
    replaced: set[int] = set()
    free = 1 + max((row["input"] for row in have), default=0)
    for row in given:
        old = row["input"]
        replaced |= places.get(_identity(row, row["cluster"] or cluster), set())
        if old not in numbers:
            numbers[old] = free
            free += 1
    tables, flows = _renamed(source, cluster)
    with target.changing():
        for name in _OF_INPUT:
            if replaced:
                table = target.table(name)
                target.replace(name, target.keep(name, table.filter(table.input.notin(sorted(replaced)))))
            columns = tables[name].to_pydict()
            columns["input"] = [numbers[number] for number in columns["input"]]
            if name == "tallies":
                columns["flow"] = [flows[number] for number in columns["flow"]]
            target.append(name, rows.arrow(name, columns))
        target.append("flows", _fresh(tables["flows"], target.fetch(target.table("flows").select("flow")), "flow"))
        known = target.fetch(target.table("states").select("digest"))
        target.append("states", _fresh(tables["states"], known, "digest"))
        stale(target, ALL)
    return Joined(source.path, cluster, len(numbers))


def _identity(row: dict[str, Any], cluster: str) -> tuple[Any, ...]:
    """What stays of an input while it grows; what came from a stream is known by when it came."""
    if row["head"]:
        return (cluster, row["name"], row["format"], row["head"])
    return (cluster, row["name"], row["format"], row["ingested"])


def _renamed(source: Storage, cluster: str) -> tuple[dict[str, pa.Table], dict[int, int]]:
    """The tables of a store with the cluster's name where there is none, and the new numbers of its flows."""
    tables: dict[str, pa.Table] = {}
    for name in (*_OF_INPUT, "flows", "states"):
        columns = source.fetch(source.table(name)).to_pydict()
        if "cluster" in columns:
            columns["cluster"] = [each or cluster for each in columns["cluster"]]
        tables[name] = rows.arrow(name, columns)
    columns = tables["flows"].to_pydict()
    flows = {
        old: number_of(f"{of}\n{log_format}\n{body}")
        for old, of, log_format, body in zip(
            columns["flow"], columns["cluster"], columns["format"], columns["body"], strict=True
        )
    }
    columns["flow"] = [flows[old] for old in columns["flow"]]
    tables["flows"] = rows.arrow("flows", columns)
    states = tables["states"].to_pydict()
    bodies = [rows.with_cluster(body, cluster) for body in states["body"]]
    states["body"], states["digest"] = bodies, [rows.digest_of(body) for body in bodies]
    tables["states"] = rows.arrow("states", states)
    return tables, flows


def _fresh(table: pa.Table, known: pa.Table, key: str) -> pa.Table:
    have = set(known.column(key).to_pylist())
    keep = []
    for value in table.column(key).to_pylist():
        keep.append(value not in have)
        have.add(value)
    return table.filter(rows.mask(keep))


def names_for(paths: Sequence[str]) -> list[tuple[str, str]]:
    """Cluster name and path of each ``NAME=PATH`` or ``PATH``; a path alone is named after its file."""
    found = []
    for text in paths:
        name, equals, path = text.partition("=")
        if not equals or "/" in name:
            path = text
            name = text.rstrip("/").rpartition("/")[2].partition(".")[0]
        found.append((name, path))
    return found
