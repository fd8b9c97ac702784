"""The whole matrix for a page that draws it: a number for each cell, and what each number stands for."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ringfence.engine.pairs import Numbers
from ringfence.model.errors import QueryError
from ringfence.render.json_values import document, ports as intervals
from ringfence.render.lines import ports
from ringfence.server.map_pairs import Pairs

MOST_CELLS: Final = 4_000_000
"""Cells of an answer; 2,000 workloads by 2,000."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """``cells[s, d]`` is the number of a class; class 0 is no connection. By namespace it is a number of pairs.

    ``sizes`` are, by namespace, the workloads of each source and of each destination.
    """

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    cells: Numbers
    classes: tuple[dict[str, Any], ...] = ()
    sizes: tuple[tuple[int, ...], tuple[int, ...]] | None = None


def by_workload(pairs: Pairs, src: Iterable[str], dst: Iterable[str]) -> Sheet:
    """Each workload of the namespaces ``src`` with each of ``dst``; none named are all.

    Raises:
        QueryError: a namespace has no workload, or there are too many cells.
    """
    rows, columns = _places(pairs, src), _places(pairs, dst)
    if len(rows) * len(columns) > MOST_CELLS:
        raise QueryError(
            f"{len(rows):,} workloads by {len(columns):,} are more than {MOST_CELLS:,} cells: name namespaces."
        )
    at = np.ix_(rows, columns)
    codes = pairs.between[at].astype(np.int64) * 2 + pairs.varies[at]
    codes[pairs.between[at] == 0] = 0
    used = np.flatnonzero(np.bincount(codes.ravel(), minlength=1))
    used = np.concatenate(([0], used[used > 0]))
    numbers = np.zeros(int(used[-1]) + 1, dtype=np.int64)
    numbers[used] = np.arange(len(used))
    classes = tuple(
        {
            "text": ports(pairs.sets[code // 2]) if code else "nothing",
            "ports": intervals(pairs.sets[code // 2]),
            "varies": bool(code % 2),
        }
        for code in used.tolist()
    )
    names = [member.name for member in pairs.members]
    return Sheet(tuple(names[row] for row in rows), tuple(names[each] for each in columns), numbers[codes], classes)


def by_namespace(pairs: Pairs) -> Sheet:
    """How many pairs of workloads of two namespaces may connect on some port."""
    spaces = [member.ref.namespace for member in pairs.members]
    names = sorted(set(spaces))
    if not names:
        return Sheet((), (), np.zeros((0, 0), dtype=np.int64), sizes=((), ()))
    starts = [spaces.index(name) for name in names]  # members are sorted by namespace
    connected = (pairs.between != 0).astype(np.int64)
    counts = np.add.reduceat(np.add.reduceat(connected, starts, axis=0), starts, axis=1)
    sizes = tuple(np.diff([*starts, len(spaces)]).tolist())
    return Sheet(tuple(names), tuple(names), counts, sizes=(sizes, sizes))


def report(sheet: Sheet) -> dict[str, Any]:
    """A MatrixReport. ``cells`` are base64 of whole numbers of ``width`` bytes, the least first, row by row."""
    width = next(each for each in (1, 2, 4) if int(sheet.cells.max(initial=0)) < 1 << 8 * each)
    fields: dict[str, Any] = {
        "by": "workload" if sheet.sizes is None else "namespace",
        "sources": list(sheet.sources),
        "destinations": list(sheet.destinations),
    }
    if sheet.sizes is None:
        fields["classes"] = list(sheet.classes)
    else:
        fields["sizes"] = {"sources": list(sheet.sizes[0]), "destinations": list(sheet.sizes[1])}
    cells = base64.b64encode(sheet.cells.astype(f"<u{width}").tobytes()).decode()
    return document("MatrixReport", **fields, width=width, cells=cells)


def _places(pairs: Pairs, namespaces: Iterable[str]) -> list[int]:
    wanted = frozenset(namespaces)
    unknown = wanted - {member.ref.namespace for member in pairs.members}
    if unknown:
        raise QueryError(f"There is no workload in a namespace {min(unknown)!r}.")
    return [place for place, member in enumerate(pairs.members) if not wanted or member.ref.namespace in wanted]
