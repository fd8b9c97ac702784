"""Answers of Loki's query API that hold NetObserv's flows.

``GET /loki/api/v1/query_range`` (https://grafana.com/docs/loki/latest/reference/loki-http-api/) gives streams; some of
a record's fields are labels of its stream, and not in its line (the column "Loki label" of
https://github.com/netobserv/netobserv-operator/blob/main/docs/flows-format.adoc). A query has a limit, and what is over
it isn't there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ringfence.flowlogs import fields, netobserv
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

LIMITED = "The query found more lines than its limit let through; ask for a higher limit, or shorter times."


class _Reader:
    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads a whole answer."""
        try:
            answer = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            into.unreadable("An answer of Loki is no JSON.", where)
            return
        data = fields.mapping(fields.mapping(answer).get("data"))
        streams = data.get("result")
        if data.get("resultType") != "streams" or not isinstance(streams, list):
            into.unreadable("An answer of Loki holds no streams.", where)
            return
        for stream in map(fields.mapping, streams):
            labels = fields.mapping(stream.get("stream"))
            for value in fields.sequence(stream.get("values")):
                _entry(labels, value, where, into)
        _limit(fields.mapping(data.get("stats")), where, into)

    def end(self, into: Reduction) -> None:
        """An answer is one line."""


def _entry(labels: Mapping[str, Any], value: object, where: Position, into: Reduction) -> None:
    """One entry: ``[nanoseconds, line]``, with newer Loki's structured metadata as a third."""
    parts = fields.sequence(value)
    text = parts[1] if len(parts) > 1 and isinstance(parts[1], str) else ""
    record = fields.record(text.encode("utf-8", "surrogatepass"))
    if record is None:
        into.unreadable("A line within an answer of Loki is no JSON object.", where)
        return
    more = fields.mapping(parts[2]) if len(parts) > 2 else {}
    netobserv.read({**labels, **more, **record}, where, into)


def _limit(stats: Mapping[str, Any], where: Position, into: Reduction) -> None:
    summary = fields.mapping(stats.get("summary"))
    found, given = fields.count(summary.get("totalPostFilterLines")), fields.count(summary.get("totalEntriesReturned"))
    if found and given and found > given:
        into.lose(Loss(LossKind.TRUNCATED, LIMITED, found - given, where=where))


def _recognises(lines: Sequence[bytes]) -> float:
    text = b"".join(lines)
    return 1.0 if text.lstrip().startswith(b"{") and b'"resultType"' in text and b'"streams"' in text else 0.0


FORMAT = Format("loki", "Loki query response with NetObserv flows", _recognises, _Reader, whole=True)
