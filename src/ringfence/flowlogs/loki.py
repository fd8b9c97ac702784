"""Answers of Loki's query API, which hold NetObserv's flows or the lines of any other log.

``GET /loki/api/v1/query_range`` (https://grafana.com/docs/loki/latest/reference/loki-http-api/) gives streams, the
latest line first. Some fields of NetObserv's records are labels of their stream, and not in the line (the column "Loki
label" of https://github.com/netobserv/netobserv-operator/blob/main/docs/flows-format.adoc). A query has a limit, and
what is over it isn't there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from ringfence.flowlogs import fields, iptables, netobserv
from ringfence.flowlogs.detect import Detected, detect
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.kernel_times import KernelTimes
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.errors import InputError
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

LIMITED = "The query found more lines than its limit let through; ask for a higher limit, or shorter times."

_HOSTS = ("node_name", "nodename", "node", "hostname", "host")  # labels that collectors give a node's log


@dataclass(frozen=True, slots=True)
class _Line:
    time: float | None
    host: str
    text: bytes
    writer: str = ""


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
        others: list[_Line] = []
        for stream in map(fields.mapping, streams):
            labels = fields.mapping(stream.get("stream"))
            for value in fields.sequence(stream.get("values")):
                other = _entry(labels, value, where, into)
                if other is not None:
                    others.append(other)
        _read_others(others, where, into)
        _limit(fields.mapping(data.get("stats")), where, into)

    def end(self, into: Reduction) -> None:
        """An answer is one line."""


def _entry(labels: Mapping[str, Any], value: object, where: Position, into: Reduction) -> _Line | None:
    """Reads one entry: ``[nanoseconds, line]``, with newer Loki's structured metadata as a third.

    What is no record of NetObserv is given back.
    """
    parts = fields.sequence(value)
    if len(parts) < 2 or not isinstance(parts[1], str):
        into.unreadable("An entry of an answer of Loki has no line.", where)
        return None
    text = parts[1].encode("utf-8", "surrogatepass")
    record = fields.record(text)
    if record is not None:
        more = fields.mapping(parts[2]) if len(parts) > 2 else {}
        whole = {**labels, **more, **record}
        if netobserv.mine(whole):
            netobserv.read(whole, where, into)
            return None
    host = next((host for label in _HOSTS if (host := fields.text(labels.get(label)))), "")
    return _Line(fields.seconds(parts[0], 1e-9), host, text, host or _pod(labels))


def _pod(labels: Mapping[str, Any]) -> str:
    """The agent's pod, by the labels that Promtail and Alloy set."""
    namespace, pod = fields.text(labels.get("namespace")), fields.text(labels.get("pod"))
    return f"{namespace}/{pod}" if namespace and pod else pod


def _read_others(lines: Sequence[_Line], where: Position, into: Reduction) -> None:
    """Reads lines of another log in the order of their times."""
    from ringfence.flowlogs.registry import FORMATS  # it lists this format, too

    ordered = sorted(lines, key=lambda line: line.time or 0.0)
    formats = [each for each in FORMATS if not each.whole]
    try:
        found = detect([line.text for line in ordered], formats, where.file)
    except InputError:
        found = None
    if found is None:
        if lines:
            detail = "Lines within an answer of Loki are of no log that is read."
            into.lose(Loss(LossKind.FOREIGN, detail, len(lines), where=where))
        return
    _feed(ordered, found, where, into)


def _feed(lines: Sequence[_Line], found: Detected, where: Position, into: Reduction) -> None:
    reader = found.format.reader()
    unwrapper = found.unwrapper.fresh() if found.unwrapper is not None else None
    times = KernelTimes()
    for line in lines:
        text: bytes | None = line.text
        if unwrapper is not None:
            text = unwrapper.line(line.text)
        elif found.format is iptables.FORMAT and line.time is not None:
            text = _stamped(line, times)
        into.writer = line.writer or (unwrapper.writer if unwrapper is not None else "")
        if text:
            reader.line(text, where, into)
    if unwrapper is not None and unwrapper.pending:
        into.lose(Loss(LossKind.TRUNCATED, "An answer ends within a line that the runtime has split.", 1, where=where))
    reader.end(into)


def _stamped(line: _Line, times: KernelTimes) -> bytes:
    """A line of the kernel with its time, which collectors that read journald leave to Loki."""
    if line.time is None or times.read(line.text.decode("utf-8", "replace")).time is not None:
        return line.text
    host = f"{line.host} kernel: " if line.host else ""
    return f"{datetime.fromtimestamp(line.time, UTC).isoformat()} {host}".encode() + line.text


def _limit(stats: Mapping[str, Any], where: Position, into: Reduction) -> None:
    summary = fields.mapping(stats.get("summary"))
    found, given = fields.count(summary.get("totalPostFilterLines")), fields.count(summary.get("totalEntriesReturned"))
    if found and given and found > given:
        into.lose(Loss(LossKind.TRUNCATED, LIMITED, found - given, where=where))


def _recognises(lines: Sequence[bytes]) -> float:
    text = b"".join(lines)
    return 1.0 if text.lstrip().startswith(b"{") and b'"resultType"' in text and b'"streams"' in text else 0.0


FORMAT = Format("loki", "Loki query response", _recognises, _Reader, whole=True)
