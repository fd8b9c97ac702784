"""Files of records: one JSON object a line; empty lines and lines that begin with ``#`` are skipped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ringfence.model.errors import InputError
from ringfence.model.names import NameRecord, Names
from ringfence.model.origin import Origin, Position
from ringfence.names.lines import LineError, parse_line

_MAX_LINE = 1 << 20
"""Longer lines are refused, so that a file without line ends can't fill the memory."""

_TOLD = 3
"""So many wrong lines are told one by one."""


def read_names(path: str, *, now: dt.datetime | None = None) -> Names:
    """The records of a file; ``now`` is what their age is told from, and is this moment by default.

    Raises:
        InputError: the file can't be read, holds no record, or has a line that is none; the message names the line.
    """
    try:
        with Path(path).open("rb") as stream:
            records = read_records(stream, path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from None
    if not records:
        raise InputError(f"{path} holds no record of a name. 'ringfence dns record' writes such files.")
    return Names(records, path, now or dt.datetime.now(tz=dt.UTC))


def read_records(stream: IO[bytes], name: str) -> tuple[NameRecord, ...]:
    """The records of an open file; ``name`` is how messages call it.

    Raises:
        InputError: a line is no record.
    """
    records: list[NameRecord] = []
    problems: list[str] = []
    for number, line in _lines(stream, name):
        try:
            records.append(parse_line(line, Origin(Position(name, number))))
        except LineError as error:
            problems.append(f"{name}:{number}: {error}")
    if problems:
        more = f"\n… and {len(problems) - _TOLD} more lines" if len(problems) > _TOLD else ""
        raise InputError("\n".join(problems[:_TOLD]) + more)
    return tuple(records)


def _lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(_MAX_LINE):
        number += 1
        if len(line) == _MAX_LINE and not line.endswith(b"\n"):
            raise InputError(f"{name}:{number}: The line is longer than {_MAX_LINE} bytes.")
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if text and not text.startswith(b"#"):
            yield number, text
