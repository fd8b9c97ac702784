"""Counts lines of Hubble that are like earlier ones, without decoding them.

A line is about 1.7 KB, and two records of the same kind differ in five places alone: both times, the identifier, and
both ports. What stands between them is the line's shape. A shape is decoded once; a line of a known shape needs two
matches of a pattern, a look into a dictionary, and two comparisons.

Why that is exact:

- What is cut out is checked by its pattern: a time of a usual form, 36 hexadecimal digits and dashes, two numbers
  without a leading zero that no digit, point or exponent follows. Each lies within one token of JSON, and whatever else
  the pattern lets through in its place makes a token of the same kind. So of two lines with equal shapes either both
  are valid JSON or neither is, and both have the same fields in the same order, nested and repeated alike.
- Which fields these tokens are isn't concluded from the text. The first line of a shape is decoded twice: as it is, and
  with other values in the five places. Both must differ in the two times and in the two ports of Layer 4, and in
  nothing else, or the shape isn't used. That tells fields that are repeated, escaped, or of the same name elsewhere.
- All parts are compared, each as a whole, so lines of equal shape are cut at the same places.
- A flow depends on its time, which the tally has, and on the port that is served, by which a shape has several flows.
  Records of which nobody knows whose port is served, those of what is above Layer 4, and lines of any other form are
  left to who called.
"""

from __future__ import annotations

import re
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
"""Bytes of a shape but for its parts and its key, and of one port more of it."""

_TAIL = 100
"""Bytes by which shapes are found that are alike up to the ports."""

_BESIDE = 16
"""Shapes that are compared one after the other."""

_TRIAL = 1 << 15
"""Lines after which it is looked whether it was worth it."""

_BRACE = ord("}")


class _Layout:
    """The patterns of lines by what follows a comma and a colon.

    Hubble writes neither. Go's protojson adds a space to each comma in some builds, to keep people from relying on its
    output (https://pkg.go.dev/google.golang.org/protobuf/encoding/protojson), and others add them to both.
    """

    def __init__(self, comma: bytes, colon: bytes) -> None:
        # With an identifier the match ends before its last quote, without one behind that of the time: both differ.
        self.head = re.compile(
            rb'\{"flow":%b\{"time":%b"'
            rb'(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-5][0-9]:[0-5][0-9])(\.[0-9]{1,9})Z")'
            rb'(?:,%b"uuid":%b"[0-9a-f-]{36}(?=")|(?=,%b"(?!uuid")))' % (colon, colon, comma, colon, comma)
        )
        self.ports = re.compile(
            rb'"source_port":%b([1-9][0-9]{0,4}),%b"destination_port":%b([1-9][0-9]{0,4})(?=[,}])'
            % (colon, comma, colon)
        )
        self.cuts = (b'"destination":%b{' % colon, b'"Type":%b"' % colon)


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
    """What stands behind the ports, in three parts, and where the flows are counted, by the port that is served.

    ``second``, ``third`` and ``length`` tell where parts begin and where they end. ``served`` is 1 where the served
    port is the source's (a reply), else 2. ``known`` is the flow of one such port, ``ports`` has those of others.
    ``other`` is the next shape with the same key, and ``number`` how many there are.
    """

    near: bytes
    middle: bytes
    far: bytes
    second: int
    third: int
    length: int
    served: int
    port: bytes
    known: _Counted
    other: _Shape | None
    number: int
    ports: dict[bytes, _Counted] | None = None


_Others = tuple[list[int], list[bytes]]


class Shapes:
    """Remembers shapes, and where their flows are counted.

    A shape is found by its key, what stands before the ports and the last bytes before the second time, and is then
    compared as a whole. It has few objects of its own, since most of them aren't in the processor's cache.
    """

    def __init__(self, ends: Ends, most: int = MOST) -> None:
        self._ends = ends
        self._most = most
        self._layout: _Layout | None = None
        self._shapes: dict[bytes, _Shape] = {}
        self._parts: dict[bytes, bytes] = {}
        self._held = 0  # bytes
        self._learned = 0
        self._lines = 0  # since shapes were forgotten
        self._tried = 0
        self._left = 0  # of the lines that were tried
        self._useless = False

    def count(self, data: bytes, first: int, into: Reduction) -> _Others:
        """Counts the lines whose shape is known or can be learned; gives the numbers and the text of all others."""
        layout = self._layout = self._layout or _layout_of(data)
        if layout is None or self._useless:
            lines = data.split(b"\n")
            lines.pop()
            return list(range(first, first + len(lines))), lines
        numbers: list[int] = []
        others: list[bytes] = []
        match, search, find, starts = layout.head.match, layout.ports.search, data.find, data.startswith
        known_shape = self._shapes.get
        second, base, hour, limit = b"?", 0.0, -1, 0.0  # of the line before: most lines have the same
        records, earliest, latest = 0, float("inf"), 0.0
        number, end = first - 1, -1
        while (end := find(b"\n", begin := end + 1)) >= 0:
            number += 1
            head = match(data, begin)
            ports = search(data, start := head.end(), end) if head is not None else None
            if head is None or ports is None:
                numbers.append(number)
                others.append(data[begin:end])
                continue
            whole, text, digits = head.groups()
            if text != second:
                since = moment(f"{text.decode()}Z")
                second, base = text, since or 0.0
                hour = int(base // HOUR) if since is not None else -1
                limit = float(hour * HOUR + HOUR)
            time = base + float(digits)
            before, then = ports.span()
            last = end - 1 - len(whole)
            if time >= limit or last - then < _TAIL or not starts(whole, last) or data[end - 1] != _BRACE:
                numbers.append(number)
                others.append(data[begin:end])
                continue
            key = data[start:before] + data[last - _TAIL : last]
            shape = known_shape(key)
            while shape is not None and not (
                then + shape.length == last
                and starts(shape.near, then)
                and starts(shape.middle, then + shape.second)
                and starts(shape.far, then + shape.third)
            ):
                shape = shape.other
            if shape is None:
                shape = self._learn(data[begin:end], layout, key)
                if shape is None:
                    numbers.append(number)
                    others.append(data[begin:end])
                    continue
            known = shape.known
            if ports[shape.served] != shape.port:
                known = self._other_port(shape, ports[shape.served], data[begin:end])
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
        self._judge(number + 1 - first, len(others))
        return numbers, others

    def _judge(self, lines: int, left: int) -> None:
        """Gives up when few lines have a shape: what is above Layer 4 may be most of a log."""
        self._lines += lines
        self._tried += lines
        self._left += left
        if self._tried >= _TRIAL:
            self._useless = 4 * self._left > 3 * self._tried
            self._tried = self._left = 0

    def _learn(self, line: bytes, layout: _Layout, key: bytes) -> _Shape | None:
        """Remembers the shape of a line; None if its records can't be counted by their shape."""
        head = cast(re.Match[bytes], layout.head.match(line))
        ports = cast(re.Match[bytes], layout.ports.search(line, head.end()))
        after = line[ports.end() : -1 - len(head[1])]
        beside = self._shapes.get(key)
        if b'"l7"' in after or (beside is not None and beside.number >= _BESIDE):
            return None
        try:
            message, other = decode_line(line), decode_line(_with_other_values(line, head, ports))
            record = message.flow
            if record is None or not tells_verdict(record) or other != _with_other_fields(message, record):
                return None
            known = self._counted(message, record)
        except UNREADABLE:
            return None
        if record.l7 is not None or known.flow.opening is Opening.UNKNOWN:
            return None
        self._hold(_SHAPE + len(key))
        beside = self._shapes.get(key)
        second = max(0, after.find(layout.cuts[0]))
        third = max(second, after.find(layout.cuts[1], second))
        served = 1 if known.flow.opening is Opening.REPLY else 2
        shape = self._shapes[key] = _Shape(
            near=self._part(after[:second]),
            middle=self._part(after[second:third]),
            far=self._part(after[third:]),
            second=second,
            third=third,
            length=len(after),
            served=served,
            port=ports[served],
            known=known,
            other=beside,
            number=1 if beside is None else beside.number + 1,
        )
        self._learned += 1
        return shape

    def _part(self, part: bytes) -> bytes:
        """A part, the same object as an equal one before."""
        known = self._parts.get(part)
        if known is None:
            known = self._parts[part] = part
            self._held += len(part)
        return known

    def _other_port(self, shape: _Shape, port: bytes, line: bytes) -> _Counted:
        """Where the flow of a line of a known shape is counted that has another served port than the shape's first."""
        if shape.ports is None:
            shape.ports = {}
        known = shape.ports.get(port)
        if known is None:
            self._hold(_PORT)
            message = decode_line(line)
            known = shape.ports[port] = self._counted(message, cast(FlowRecord, message.flow))
        return known

    def _counted(self, message: Line, record: FlowRecord) -> _Counted:
        flow = make_flow(record, message.node_name, self._ends)
        return _Counted(flow, weight(record), opened(record, flow.opening))

    def _hold(self, size: int) -> None:
        """Makes room for more, by forgetting all where there is none."""
        if self._held > self._most:
            # Shapes that are seldom seen again cost more than they save: a field differs that no part leaves out.
            self._useless = 2 * self._learned > self._lines
            self._shapes.clear()
            self._parts.clear()
            self._held = self._learned = self._lines = 0
        self._held += size


def _layout_of(data: bytes) -> _Layout | None:
    """The layout of the first line that has one."""
    lines = data.split(b"\n")
    return next((layout for line in lines for layout in _LAYOUTS if layout.head.match(line)), None)


_TIMES = (b"0000-00-00T00:00:00.0Z", b"0000-00-00T00:00:00.1Z")  # no record has them
_IDENTIFIERS = (b"0" * 36, b"1" * 36)


def _with_other_values(line: bytes, head: re.Match[bytes], ports: re.Match[bytes]) -> bytes:
    """The line with another value in each of the five places."""
    begin, end = head.start(1), head.end(1) - 1
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
