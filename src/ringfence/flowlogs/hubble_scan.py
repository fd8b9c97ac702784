"""Counts lines of Hubble that are like earlier ones, without reading their JSON.

A Hubble line is long (about 1.7 KB) and says little that is new: who talks to whom recurs, and only time, identifier
and the client's port differ. The exporter writes fields in the order of ``flow.proto``, so those are found by their
places and their names: the quoted name of a field can't occur inside a text, where each quote is escaped. A line that
is, but for them, byte for byte like an earlier one has the same flow, and is only counted. Any other line, and any
line that isn't built as expected, is read as JSON: so what a line means is decided in one place.

Of a line only the hash is remembered: 64 bits of SipHash, with a key that each process draws, so that two lines among
millions have the same with a chance of one in a million millions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ringfence.flowlogs.hubble_time import parse_time
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import HOUR, Flow, Opening, Tally

_MOST = 150_000
"""Lines that are remembered before all are forgotten: about 80 MB."""

_ENVELOPE = b'{"flow":{"time":"'
_BARE = b'{"time":"'
_UUID = b',"uuid":"'
_SOURCE_PORT = b'"source_port":'
_PORT = b',"destination_port":'
_TIME = b',"time":"'
_Z = 90
_BRACE = 125


_CLOCK = frozenset(f":{minute:02d}:{second:02d}".encode() for minute in range(60) for second in range(60))
"""Minutes and seconds that there are."""


@dataclass(slots=True)
class _Count:
    """Lines that are alike and have the same flow, in one hour.

    ``port`` is the one that is served, the destination's or in a ``reply`` the source's; lines that differ in it alone
    are in ``others``, of which few exist. Times are texts without ``Z``, which sort as they do. ``weight`` is how many
    flows one line stands for. All that a line needs is in one object, because there are many and memory is slow.
    """

    port: bytes
    reply: bool
    hour: int
    first: bytes
    last: bytes
    lines: int
    flow: Flow
    weight: int
    others: dict[bytes, _Count]


_NONE: dict[bytes, _Count] = {}


class Scanner:
    """Remembers lines, and what their flows are."""

    def __init__(self) -> None:
        self._known: dict[int, _Count] = {}
        self._hours: dict[bytes, int] = {}
        self._ports: dict[bytes, bytes] = {}
        self._size = 0
        self._asked: tuple[int, bytes, bytes, bytes] | None = None

    def count(self, lines: Sequence[bytes], into: Reduction) -> Iterator[int]:
        """Counts the lines that are known, and gives the indices of all others, one by one.

        Before it goes on, :meth:`learn` may say what that line was.
        """
        known_as = self._known.get
        hour_of = self._hours.get
        second, hour = b"?", None  # of the line before: most lines have the same
        for index, line in enumerate(lines):
            cut = _cut(line)
            if cut is None:
                self._asked = None
                yield index
                continue
            likeness, time, source_port, port = cut
            count = known_as(likeness)
            if count is not None:
                served = source_port if count.reply else port
                if count.port != served:
                    count = count.others.get(served)
            if not time.startswith(second):
                second = time[:19]
                hour = hour_of(second[:13]) if second[13:] in _CLOCK else None
            if count is None or hour is None:
                self._asked = cut
                second = b"?"
                yield index
                continue
            if count.hour != hour:
                _give(count, into)
                count.hour = hour
            count.lines += 1
            if time >= count.last:
                if not count.last:
                    count.first = time
                count.last = time
            elif time < count.first:
                count.first = time

    def learn(self, flow: Flow, weight: int, into: Reduction) -> None:
        """Remembers the flow of the line that :meth:`count` has just given, which is counted already.

        Where nobody knows which port is served, both are part of the flow, and what a proxy or a socket tells differs
        each time; such lines recur too seldom.
        """
        if self._asked is None or flow.opening is Opening.UNKNOWN or flow.application or flow.point == "socket":
            return
        likeness, time, source_port, port = self._asked
        since = parse_time(_text(time[:19]))
        if since is None:
            return
        if self._size > _MOST:
            self.flush(into)
            self._known.clear()
            self._hours.clear()
            self._size = 0
        hour = self._hours[time[:13]] = int(since // HOUR)
        reply = flow.opening is Opening.REPLY
        served = source_port if reply else port
        served = self._ports.setdefault(served, served)
        new = _Count(served, reply, hour, b"", b"", 0, flow, weight, _NONE)
        known = self._known.get(likeness)
        if known is None:
            self._known[likeness] = new
        elif known.port != served:
            known.others = known.others or {}
            known.others.setdefault(served, new)
        self._size += 1

    def flush(self, into: Reduction) -> None:
        """Gives what was counted."""
        for known in self._known.values():
            _give(known, into)
            for other in known.others.values():
                _give(other, into)


def _give(count: _Count, into: Reduction) -> None:
    if not count.lines:
        return
    first, last = parse_time(_text(count.first)), parse_time(_text(count.last))
    if first is not None and last is not None:
        into.add(count.flow, Tally(first, last, count.lines * count.weight))
    count.first, count.last, count.lines = b"", b"", 0


def _text(time: bytes) -> str:
    return f"{time.decode('ascii', 'replace')}Z"


def _cut(line: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """What a line is like, its time, source port and destination port; None for a line of another form."""
    end = len(line)
    if line.startswith(_ENVELOPE):
        start = 17
        # At its end is the time of the message around the flow; nine digits of a second are the rule.
        end = end - 41 if line.startswith(_TIME, end - 41) else line.rfind(_TIME)
        if end < 0 or line.find(b'"', end + 9) != len(line) - 2 or line[-1] != _BRACE:
            return None
    elif line.startswith(_BARE):
        start = 9
    else:
        return None
    quote = line.find(b'"', start)
    time = line[start : quote - 1]
    if line[quote - 1] != _Z or not ((time[20:].isdigit() and time[19] == 46) or len(time) == 19):
        return None
    begin = quote + 1
    if line.startswith(_UUID, begin):
        if line.find(b'"', begin + 9) != begin + 45:
            return None
        begin += 46
    source_port = line.find(_SOURCE_PORT, begin) + 14
    ports = line.find(b",", source_port, source_port + 6)
    port = ports + 20
    after = line.find(b",", port, port + 6)
    if after < 0 or line[after - 1] == _BRACE:
        after = line.find(b"}", port, port + 6)
    if not (begin + 13 < source_port < ports < after < end and line.startswith(_PORT, ports)):
        return None
    number = line[source_port:ports]
    if not number.isdigit():
        return None
    return hash((line[begin:source_port], line[after:end])), time, number, line[port:after]
