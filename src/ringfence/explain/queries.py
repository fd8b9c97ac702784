"""Files of point queries: CSV with a header, or JSON lines. Read one row at a time, so their length doesn't matter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec

from ringfence.model.errors import QueryError

NEEDED = ("src", "dst", "port")
"""Columns that every query file has; ``protocol`` may be left out and is TCP then."""

COLUMNS = ("src", "dst", "protocol", "port")

_MAX_LINE = 1 << 20
"""Longer JSON lines are refused, so that a file without line ends can't fill the memory."""


@dataclass(frozen=True, slots=True)
class Row:
    """One query as it was written. ``cells`` keep every column in input order; ``error`` tells why it is unusable."""

    line: int
    cells: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    def text(self, column: str) -> str:
        """A cell as text, empty where it is missing."""
        value = self.cells.get(column)
        return "" if value is None else str(value).strip()


def read_queries(stream: IO[bytes], name: str) -> Iterator[Row]:
    """The rows of a query file; the format is told by its first character that is no space: ``{`` is JSON lines.

    A row that can't be read becomes a row with ``error``; reading goes on.

    Raises:
        QueryError: the file has no usable header, or is no UTF-8 text.
    """
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Raw(stream))
    first = buffered.peek(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    text = io.TextIOWrapper(buffered, encoding="utf-8-sig", newline="")
    try:
        yield from _json_lines(text) if first.startswith(b"{") else _csv(text, name)
    except UnicodeDecodeError:
        raise QueryError(f"{name} is not UTF-8 text.") from None
    finally:
        text.detach()


def _csv(text: IO[str], name: str) -> Iterator[Row]:
    reader = csv.reader(text)
    try:
        header = next((row for row in reader if row), None)
        if header is None:
            raise QueryError(f"{name} is empty. Its first line must name the columns {','.join(COLUMNS)}.")
        columns = _columns(header, name)
        for cells in reader:
            if not cells:
                continue
            row = dict(zip(columns, cells, strict=False))
            error = ""
            if len(cells) > len(columns):
                error = f"The row has {len(cells)} cells, the header names {len(columns)} columns."
            yield Row(reader.line_num, row, error)
    except csv.Error as error:
        raise QueryError(f"{name}:{reader.line_num} is not valid CSV: {error}.") from None


def _columns(header: list[str], name: str) -> list[str]:
    """The header's names; those that have a meaning are found in any case."""
    known = {*COLUMNS, "verdict", "egress", "ingress", "error"}
    columns = [folded if (folded := cell.strip().lower()) in known else cell.strip() for cell in header]
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise QueryError(
            f"{name} has no column {' and no column '.join(missing)}. "
            f"Its first line must name the columns {','.join(COLUMNS)}; it reads: {','.join(header)[:200]}"
        )
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise QueryError(f"{name} has the column {twice[0]!r} twice.")
    return columns


def _json_lines(text: IO[str]) -> Iterator[Row]:
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    number = 0
    while line := text.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE and not line.endswith("\n"):
            raise QueryError(f"Line {number} is longer than {_MAX_LINE} characters.")
        if not line.strip():
            continue
        try:
            cells = decode(line)
        except msgspec.DecodeError as error:
            yield Row(number, {}, f"Line {number} is no JSON object: {error}")
            continue
        missing = [column for column in NEEDED if column not in cells]
        problem = f"The object on line {number} has no {' and no '.join(missing)}." if missing else ""
        yield Row(number, cells, problem)


class _Raw(io.RawIOBase):
    """Lets any readable byte stream be buffered."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
