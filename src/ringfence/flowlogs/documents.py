"""JSON records that stand one a line, in an array, or spread over many lines as ``jq`` and ``gcloud`` print them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from ringfence.flowlogs import fields
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_OPENS = (b"{", b"[", b"[{")
_MAX_LINES = 1 << 22  # of one document; a log that is no JSON after all must not be kept in memory

CUT = "The input ends within a JSON document."


class Documents:
    """Puts lines together until they are a JSON value. ``within`` names the field of a page that holds its records."""

    def __init__(self, within: str) -> None:
        self._within = within
        self._lines: list[bytes] = []
        self._depth = 0
        self._began: Position | None = None

    def records(self, line: bytes, where: Position, into: Reduction) -> Iterator[dict[str, Any]]:
        """The records that are complete with this line; what is no JSON becomes a loss."""
        if not self._lines:
            bare = line.strip()
            if bare not in _OPENS:
                yield from self._decoded(line, 1, where, into)
                return
            self._began, self._depth = where, 0
        self._lines.append(line)
        plain = _STRING.sub(b"", line)
        self._depth += plain.count(b"{") + plain.count(b"[") - plain.count(b"}") - plain.count(b"]")
        if self._depth <= 0 or len(self._lines) >= _MAX_LINES:
            lines, self._lines = self._lines, []
            yield from self._decoded(b"\n".join(lines), len(lines), self._began or where, into)

    def end(self, into: Reduction) -> None:
        """What isn't complete is lost."""
        if self._lines:
            into.lose(Loss(LossKind.TRUNCATED, CUT, len(self._lines), where=self._began))
            self._lines = []

    def _decoded(self, text: bytes, lines: int, where: Position, into: Reduction) -> Iterator[dict[str, Any]]:
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            into.lose(Loss(LossKind.UNREADABLE, "Lines are no JSON.", lines, where=where))
            return
        yield from flattened(value, self._within, where, into)


def flattened(value: object, within: str, where: Position, into: Reduction) -> Iterator[dict[str, Any]]:
    """The records of a JSON value: the object itself, those of an array, or those of a page's field ``within``."""
    if isinstance(value, dict) and isinstance(value.get(within), list):
        value = value[within]
    for record in value if isinstance(value, list) else (value,):
        if isinstance(record, dict):
            yield record
        else:
            into.unreadable("A JSON value is no object.", where)


def share(lines: Sequence[bytes], mine: Callable[[dict[str, Any]], bool], keys: Sequence[bytes]) -> float:
    """The share of lines that are records which ``mine`` accepts.

    Of a document that goes on over the lines, or whose line was cut, all ``keys`` must be there; they are given in
    lower case without ``_``, as Go and protobuf spell the same fields differently.
    """
    good = sum(mine(record) for record in map(fields.record, lines) if record is not None)
    if good:
        return good / len(lines)
    text = b"\n".join(lines).replace(b"_", b"").lower()
    spread = lines[0].strip() in _OPENS
    cut = lines[0].lstrip()[:1] in {b"[", b"{"} and fields.record(lines[0]) is None
    return 1.0 if (spread or cut) and all(b'"' + key + b'"' in text for key in keys) else 0.0
