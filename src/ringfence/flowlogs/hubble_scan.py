"""Counts lines of Hubble by their recurring parts, without reading the JSON of each.

A Hubble line is long (about 1.7 KB) and says little that is new: who talks to whom recurs from line to line, and only
time, identifier and the client's port differ. The exporter writes fields in the order of ``flow.proto``, so a line is
cut at places that are found by their names: quoted names of fields can't occur inside a text, where each quote is
escaped. What lies between the cuts is looked up; a line whose parts are all known, in this combination, is the flow
that a line of the same parts was, and is only counted. Any other line, and any line that isn't cut as expected, is
read as JSON. So every part has been part of a valid line, and what a line means is decided in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ringfence.flowlogs.hubble_time import parse_time
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import HOUR, Flow, Opening, Tally

_MOST = 200_000
"""Parts, and combinations, that are remembered before all are forgotten: about 150 MB."""

_ENVELOPE = b'{"flow":{"time":"'
_BARE = b'{"time":"'
_UUID = b',"uuid":"'
_SOURCE_PORT = b'"source_port":'
_PORT = b',"destination_port":'
_SOURCE = b',"source":{'
_DESTINATION = b',"destination":{'
_TYPE = b',"Type":"L3_L4"'
_TIME = b',"time":"'

_NEVER = b"~"  # after every time

Cut = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]


@dataclass(slots=True)
class _Count:
    """Lines of one flow in one hour; times as text without ``Z``, which sorts as they do."""

    flow: Flow
    hour: int
    first: bytes = _NEVER
    last: bytes = b""
    lines: int = 0


@dataclass(slots=True)
class _Known:
    """Lines with the same parts. ``weight`` is how many flows one stands for.

    ``counts`` are told apart by the port that is served: the destination's, or in replies the source's.
    """

    reply: bool
    weight: int
    counts: dict[bytes, _Count] = field(default_factory=dict)


class Scanner:
    """Remembers parts of lines, and what their combinations are."""

    def __init__(self) -> None:
        self._parts: dict[bytes, int] = {}
        self._known: dict[tuple[int | None, ...], _Known] = {}
        self._hours: dict[bytes, int] = {}

    def count(self, lines: Sequence[bytes], into: Reduction) -> Iterator[int]:
        """Counts the lines that are known, and gives the indices of all others, one by one."""
        number_of = self._parts.get
        known_as = self._known.get
        hour_of = self._hours.get
        for index, line in enumerate(lines):
            parts = cut(line)
            if parts is None:
                yield index
                continue
            time, source_port, port, one, two, three, four, five = parts
            known = known_as((number_of(one), number_of(two), number_of(three), number_of(four), number_of(five)))
            if known is None:
                yield index
                continue
            count = known.counts.get(source_port if known.reply else port)
            hour = hour_of(time[:19])
            if count is None or hour is None:
                yield index
                continue
            if count.hour != hour:
                self._give(count, known.weight, into)
                count.hour = hour
            count.lines += 1
            if time > count.last:
                count.last = time
            if time < count.first:
                count.first = time

    def learn(self, line: bytes, flow: Flow, weight: int, into: Reduction) -> None:
        """Remembers what a line was, which has been counted already.

        Where nobody knows which port is served, both are part of the flow, so its lines recur too seldom.
        """
        parts = cut(line) if flow.opening is not Opening.UNKNOWN else None
        if parts is None:
            return
        time, source_port, port, *pieces = parts
        second = time[:19]
        since = parse_time(_text(second))
        if since is None:
            return
        if max(len(self._parts), len(self._known), len(self._hours)) > _MOST:
            self._forget(into)
        self._hours[second] = int(since // HOUR)
        shape = tuple(self._parts.setdefault(piece, len(self._parts)) for piece in pieces)
        known = self._known.setdefault(shape, _Known(flow.opening is Opening.REPLY, weight))
        key = source_port if known.reply else port
        if key not in known.counts:
            known.counts[key] = _Count(flow, int(since // HOUR))

    def flush(self, into: Reduction) -> None:
        """Gives what was counted."""
        for known in self._known.values():
            for count in known.counts.values():
                self._give(count, known.weight, into)

    def _give(self, count: _Count, weight: int, into: Reduction) -> None:
        if not count.lines:
            return
        first, last = (parse_time(_text(time)) for time in (count.first, count.last))
        if first is not None and last is not None:
            into.add(count.flow, Tally(first, last, count.lines * weight))
        count.first, count.last, count.lines = _NEVER, b"", 0

    def _forget(self, into: Reduction) -> None:
        self.flush(into)
        for memory in (self._parts, self._known, self._hours):
            memory.clear()


def _text(time: bytes) -> str:
    return f"{time.decode('ascii', 'replace')}Z"


def cut(line: bytes) -> Cut | None:
    """Time, source port, destination port and the parts of a line; None for a line of another form."""
    if line.startswith(_ENVELOPE):
        start, end = 17, line.rfind(_TIME)
        # What follows is the time of the message around the flow, and the end of both objects.
        if end < 0 or line.find(b'"', end + 9) != len(line) - 2 or line[-1] != 125:
            return None
    elif line.startswith(_BARE):
        start, end = 9, len(line)
    else:
        return None
    quote = line.find(b'"', start)
    time = line[start : quote - 1]
    if line[quote - 1] != 90 or not (len(time) == 19 or (time[19:20] == b"." and time[20:].isdigit())):
        return None
    begin = quote + 1
    if line.startswith(_UUID, begin):
        if line.find(b'"', begin + 9, begin + 46) != begin + 45:
            return None
        begin += 46
    source_port = line.find(_SOURCE_PORT, begin)
    ports = line.find(_PORT, source_port)
    port = ports + 20
    after = line.find(b",", port, port + 6)
    if after < 0 or line[after - 1] == 125:
        after = line.find(b"}", port, port + 6)
    source = line.find(_SOURCE, after)
    destination = line.find(_DESTINATION, source)
    kind = line.find(_TYPE, destination)
    if not begin < source_port < ports < after < source < destination < kind < end:
        return None
    number, other = line[source_port + 14 : ports], line[port:after]
    if not (number.isdigit() and other.isdigit()):
        return None
    return (
        time,
        number,
        other,
        line[begin:source_port],
        line[after:source],
        line[source:destination],
        line[destination:kind],
        line[kind:end],
    )
