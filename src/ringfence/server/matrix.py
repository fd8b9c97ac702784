"""Who may connect to whom, as a table: namespaces, or the workloads of two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ringfence.cluster import Cluster
from ringfence.model.errors import QueryError
from ringfence.reach.report import Connection
from ringfence.render.lines import ports

MOST: Final = 60
"""Rows and columns that are shown."""

_SHORT = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` for the eye, ``said`` in words. ``share`` is ``all``, ``some`` or ``none``."""

    text: str
    said: str
    share: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A table. ``by_workload`` tells whether its ends are workloads; ``rows`` and ``columns`` are those shown."""

    by_workload: bool
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Cell]
    more_rows: int
    more_columns: int


def matrix(cluster: Cluster, connections: Iterable[Connection], src: str, dst: str) -> Matrix:
    """The table of all namespaces; or of the workloads of ``src`` against those of ``dst``, if these are named.

    Raises:
        QueryError: a namespace isn't there.
    """
    workloads: dict[str, set[str]] = {}
    for pod in cluster.snapshot.pods:
        workloads.setdefault(pod.namespace, set()).add(str(pod.workload))
    if not src and not dst:
        return _namespaces(workloads, connections)
    for name in (src, dst):
        if name and name not in cluster.snapshot.namespaces:
            raise QueryError(f"There is no namespace {name!r}.")
    senders, receivers = (sorted(workloads.get(name, ())) for name in (src or dst, dst or src))
    rows, columns = tuple(senders[:MOST]), tuple(receivers[:MOST])
    wanted_rows, wanted_columns = set(rows), set(columns)
    cells: dict[tuple[str, str], Cell] = {}
    for each in connections:
        if each.src.name in wanted_rows and each.dst.name in wanted_columns:
            text = ports(each.ports)
            some = ", for some replicas only" if each.varies else ""
            short = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
            cells[each.src.name, each.dst.name] = Cell(short, text + some, "some" if each.varies else "all")
    return Matrix(True, rows, columns, cells, len(senders) - len(rows), len(receivers) - len(columns))


def _namespaces(workloads: dict[str, set[str]], connections: Iterable[Connection]) -> Matrix:
    """Cells count pairs of workloads of which one may connect to the other on some port."""
    names = sorted(workloads)
    shown = tuple(names[:MOST])
    counted = Counter(
        (each.src.namespace, each.dst.namespace) for each in connections if each.src.name != each.dst.name
    )
    cells: dict[tuple[str, str], Cell] = {}
    for src in shown:
        for dst in shown:
            number = counted[src, dst]
            pairs = len(workloads[src]) * (len(workloads[dst]) - (src == dst))
            if number:
                said = f"{number} of {pairs} pairs of workloads"
                cells[src, dst] = Cell(str(number), said, "all" if number >= pairs else "some")
    return Matrix(False, shown, shown, cells, len(names) - len(shown), len(names) - len(shown))
