"""Counts lines of Hubble that are like earlier ones, without decoding them.

A line is about 1.7 KB, and two records of the same kind differ in five places alone: both times, the identifier, and
both ports. What stands between them is the line's shape. A shape is decoded once; a line of a known shape needs two
matches of a pattern, and one look into a dictionary.

Why that is exact:

- What is cut out is checked by its pattern: a time of a usual form, 36 hexadecimal digits and dashes, two numbers
  without a leading zero that no digit, point or exponent follows. Each lies within one token of JSON, and whatever else
  the pattern lets through in its place makes a token of the same kind. So of two lines with equal shapes either both
  are valid JSON or neither is, and both have the same fields in the same order, nested and repeated alike.
- Which fields these tokens are isn't concluded from the text. The first line of a shape is decoded twice: as it is, and
  with other values in the five places. Both must differ in the two times and in the two ports of Layer 4, and in
  nothing else, or the shape isn't used. That tells fields that are repeated, escaped, or of the same name elsewhere.
- A shape is a tuple of the parts, so lines of equal shape are cut at the same places.
- A flow depends on its time, which the tally has, and on the port that is served, by which a shape has several flows.
  Records of which nobody knows whose port is served, those of what is above Layer 4, and lines of any other form are
  left to who called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from msgspec import structs

from ringfence.flowlogs.fields import moment
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_meaning import make_flow, opened, tells_verdict, weight
from ringfence.flowlogs.hubble_record import UNREADABLE, FlowRecord, Line, Ports, decode_line
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import HOUR, Flow, Opening, Tally

MOST = 96 << 20
"""Bytes that shapes take before all are forgotten, about."""

_SHAPE = 700
_PORT = 400
"""Bytes of a shape but for its parts, and of one port of it."""


class _Layout:
    """The patterns of lines by what follows a comma and a colon.

    Hubble writes neither. Go's protojson adds a space to each comma in some builds, to keep people from relying on its
    output (https://pkg.go.dev/google.golang.org/protobuf/encoding/protojson), and others add them to both.
    """

    def __init__(self, comma: bytes, colon: bytes) -> None:
        self.begin = b'{"flow":%b{"time":%b"' % (colon, colon)
        begin = re.escape(self.begin)
        # With an identifier the match ends before its last quote, without one behind that of the time: both differ.
        self.head = re.compile(
            rb'%b([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9]\.)([0-9]{1,9})Z"'
            rb'(?:,%b"uuid":%b"[0-9a-f-]{36}(?="))?' % (begin, comma, colon)
        )
        self.ports = re.compile(
            rb'"source_port":%b([1-9][0-9]{0,4}),%b"destination_port":%b([1-9][0-9]{0,4})(?=[,}])'
            % (colon, comma, colon)
        )
        self.middle = b'"destination":%b{' % colon


_LAYOUTS = (_Layout(b"", b""), _Layout(b" ", b""), _Layout(b" ", b" "))


@dataclass(slots=True)
class _Counted:
    """Where a flow is counted: its tally of one hour, and those of all, in one reduction.

    ``weight`` is how many flows a line stands for, ``opens`` how many connections it opens, None where it doesn't tell.
    """

    flow: Flow
    weight: int
    opens: int | None
    into: Reduction | None = None
    hours: dict[int, Tally] = field(default_factory=dict)
    hour: int = -1
    tally: Tally = field(default_factory=lambda: Tally(0.0, 0.0))

    def turn(self, into: Reduction, hour: int, time: float) -> None:
        """Counts on in another hour, or for another reduction; ``time`` is the first there."""
        if into is not self.into:
            self.into = into
            flow = replace(self.flow, node=into.writer) if into.writer and not self.flow.node else self.flow
            self.hours = into.counted.setdefault(flow, {})
        self.hour = hour
        self.tally = self.hours.get(hour) or self.hours.setdefault(hour, Tally(time, time))
        if self.opens is not None and self.tally.connections is None:
            self.tally.connections = 0


@dataclass(slots=True)
class _Shape:
    """Where the flows of a shape are counted, by the served port, which is the source's in a ``reply``."""

    reply: bool
    ports: dict[bytes, _Counted] = field(default_factory=dict)


class Shapes:
    """Remembers shapes, and where their flows are counted."""

    def __init__(self, ends: Ends, most: int = MOST) -> None:
        self._ends = ends
        self._most = most
        self._layout: _Layout | None = None
        self._shapes: dict[tuple[bytes, bytes, bytes], _Shape] = {}
        self._parts: dict[bytes, bytes] = {}
        self._held = 0  # bytes
        self._lines = 0  # that were compared with shapes since there were none
        self._useless = False

    def count(self, lines: Sequence[bytes], into: Reduction) -> list[int]:
        """Counts the lines of known shapes and those whose shape can be learned; gives the indices of all others."""
        if self._layout is None:
            self._layout = _layout_of(lines)
        if self._layout is None or self._useless:
            return list(range(len(lines)))
        others: list[int] = []
        match, search, middle = self._layout.head.match, self._layout.ports.search, self._layout.middle
        find = self._shapes.get
        second, base, hour, limit = b"?", 0.0, -1, 0.0  # of the line before: most lines have the same
        records, earliest, latest = 0, float("inf"), 0.0
        self._lines += len(lines)
        for index, line in enumerate(lines):
            head = match(line)
            if head is None:
                others.append(index)
                continue
            text, digits = head.groups()
            if text != second:
                whole = moment(f"{text[:-1].decode()}Z")
                if whole is None:
                    others.append(index)
                    continue
                second, base, hour = text, whole, int(whole // HOUR)
                limit = float(hour * HOUR + HOUR)
            time = base + float(b"." + digits)
            cut = head.end()
            ports = search(line, cut)
            end = -23 - len(digits)  # the line ends with the time again, a quote, and two braces but one
            if ports is None or time >= limit or line[end:] != b'%b%bZ"}' % (text, digits):
                others.append(index)
                continue
            first, then = ports.span()
            further = line.find(middle, then)
            if further < 0:
                others.append(index)
                continue
            key = (line[cut:first], line[then:further], line[further:end])
            shape = find(key)
            if shape is None:
                shape = self._learn(line, head, ports, key)
                if shape is None:
                    others.append(index)
                    continue
            port = ports[1 + (not shape.reply)]
            known = shape.ports.get(port)
            if known is None:
                known = shape.ports[port] = self._counted(line)
            if known.hour != hour or known.into is not into:
                known.turn(into, hour, time)
            tally = known.tally
            tally.records += known.weight
            if known.opens:
                tally.connections = known.opens + (tally.connections or 0)
            if time > tally.last:
                tally.last = time
            elif time < tally.first:
                tally.first = time
            records += known.weight
            if time > latest:
                latest = time
            if time < earliest:
                earliest = time
        if records:
            into.saw(records, earliest, latest)
        return others

    def _learn(
        self, line: bytes, head: re.Match[bytes], ports: re.Match[bytes], key: tuple[bytes, bytes, bytes]
    ) -> _Shape | None:
        """Remembers the shape of a line; None if its records can't be counted by their shape."""
        if b'"l7"' in key[2]:
            return None
        try:
            message, other = decode_line(line), decode_line(_with_other_values(line, head, ports))
            record = message.flow
            if record is None or not tells_verdict(record) or other != _with_other_fields(message, record):
                return None
            opens = make_flow(record, message.node_name, self._ends).opening
        except UNREADABLE:
            return None
        if record.l7 is not None or opens is Opening.UNKNOWN:
            return None
        self._hold(_SHAPE)
        share = self._parts.setdefault  # equal parts are one object
        before = len(self._parts)
        parts = (share(key[0], key[0]), share(key[1], key[1]), share(key[2], key[2]))
        if len(self._parts) > before:
            self._held += sum(map(len, key))
        shape = self._shapes[parts] = _Shape(opens is Opening.REPLY)
        return shape

    def _counted(self, line: bytes) -> _Counted:
        """Where the flow of a line of a known shape is counted."""
        message = decode_line(line)
        record = cast(FlowRecord, message.flow)
        flow = make_flow(record, message.node_name, self._ends)
        self._hold(_PORT)
        return _Counted(flow, weight(record), opened(record, flow.opening))

    def _hold(self, size: int) -> None:
        """Makes room for more, by forgetting all where there is none."""
        if self._held > self._most:
            # Shapes that are seldom seen again cost more than they save: a field differs that no part leaves out.
            self._useless = 2 * len(self._shapes) > self._lines
            self._shapes.clear()
            self._parts.clear()
            self._held = self._lines = 0
        self._held += size


def _layout_of(lines: Sequence[bytes]) -> _Layout | None:
    """The layout of the first line that has one."""
    return next((layout for line in lines for layout in _LAYOUTS if layout.head.match(line)), None)


_TIMES = (b"0000-00-00T00:00:00.0Z", b"0000-00-00T00:00:00.1Z")  # no record has them
_IDENTIFIERS = (b"0" * 36, b"1" * 36)


def _with_other_values(line: bytes, head: re.Match[bytes], ports: re.Match[bytes]) -> bytes:
    """The line with another value in each of the five places."""
    begin, end = head.start(1), head.end(2) + 1
    after = line[end : head.end()]  # a quote, and the identifier if there is one
    if len(after) > len(_IDENTIFIERS[0]):
        now = after[-len(_IDENTIFIERS[0]) :]
        after = after.removesuffix(now) + _IDENTIFIERS[now == _IDENTIFIERS[0]]
    source, destination = (b"%d" % (int(port) + 1) for port in ports.groups())
    return b"".join(
        (
            line[:begin], _TIMES[0], after, line[head.end() : ports.start(1)], source,
            line[ports.end(1) : ports.start(2)], destination, line[ports.end() : begin - end - 2], _TIMES[1], b'"}',
        )
    )  # fmt: skip


def _with_other_fields(message: Line, record: FlowRecord) -> Line | None:
    """The message with the values of :func:`_with_other_values`; None if it has no ports."""
    l4 = record.l4
    if l4 is None:
        return None
    for name in ("tcp", "udp", "sctp"):
        ports: Ports | None = getattr(l4, name)
        if ports is not None:
            other = structs.replace(
                ports, source_port=ports.source_port + 1, destination_port=ports.destination_port + 1
            )
            first, second = (time.decode() for time in _TIMES)
            flow = structs.replace(record, time=first, l4=structs.replace(l4, **{name: other}))
            return structs.replace(message, time=second, flow=flow)
    return None
