"""Who may connect to whom, as a table: namespaces, or the workloads of two of them."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from ringfence.model.errors import QueryError
from ringfence.server.map_pairs import Pairs
from ringfence.server.matrix_sheet import Sheet, by_namespace, by_workload

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


def matrix(pairs: Pairs, namespaces: Container[str], src: str, dst: str) -> Matrix:
    """The table of all namespaces; or of the workloads of ``src`` against those of ``dst``, if these are named.

    Raises:
        QueryError: a namespace isn't there.
    """
    if not src and not dst:
        return _namespaces(by_namespace(pairs))
    for name in (src, dst):
        if name and name not in namespaces:
            raise QueryError(f"There is no namespace {name!r}.")
    spaces = {member.ref.namespace for member in pairs.members}
    if not {src or dst, dst or src} <= spaces:
        return Matrix(True, (), (), {}, 0, 0)
    sheet = by_workload(pairs, [src or dst], [dst or src])
    rows, columns = sheet.sources[:MOST], sheet.destinations[:MOST]
    cells: dict[tuple[str, str], Cell] = {}
    for row, source in enumerate(rows):
        for column, destination in enumerate(columns):
            found = sheet.classes[int(sheet.cells[row, column])]
            if sheet.cells[row, column]:
                text, varies = found["text"], found["varies"]
                short = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
                said = text + (", for some replicas only" if varies else "")
                cells[source, destination] = Cell(short, said, "some" if varies else "all")
    return Matrix(True, rows, columns, cells, *_left_out(sheet))


def _namespaces(sheet: Sheet) -> Matrix:
    """Cells count pairs of workloads of which one may connect to the other on some port."""
    shown, (sizes, _) = sheet.sources[:MOST], sheet.sizes or ((), ())
    cells: dict[tuple[str, str], Cell] = {}
    for row, src in enumerate(shown):
        for column, dst in enumerate(shown):
            number = int(sheet.cells[row, column])
            count = sizes[row] * (sizes[column] - (row == column))
            if number:
                said = f"{number} of {count} pairs of workloads"
                cells[src, dst] = Cell(str(number), said, "all" if number >= count else "some")
    return Matrix(False, shown, shown, cells, *_left_out(sheet))


def _left_out(sheet: Sheet) -> tuple[int, int]:
    return max(0, len(sheet.sources) - MOST), max(0, len(sheet.destinations) - MOST)
