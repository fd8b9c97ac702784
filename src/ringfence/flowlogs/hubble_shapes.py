"""Counts lines of Hubble that are like earlier ones, without decoding them.

A line is about 1.7 KB and says little that is new. So it is compared with the shapes of earlier lines: all of it but
the times, the identifier, the ports and the latency, see :mod:`ringfence.flowlogs.hubble_layout`. A shape is decoded
once; a line of a known shape needs the match of a pattern, a look into a dictionary, and a few comparisons.

Why that is exact: lines of equal shape have the same fields, with the same values but for those that are cut out; that
is proved where the cuts are made. All parts are compared, each as a whole, so equal shapes are cut at the same places.
What a record means depends, of all that is cut out, on its time alone, which the tally has, and on the port that is
served, by which a shape has several flows. Records of which nobody knows whose port is served, and lines of any other
form, are left to who called.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import cast

from ringfence.flowlogs.fields import moment
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_l7 import name_answer
from ringfence.flowlogs.hubble_layout import Layout, is_regular, layout_of
from ringfence.flowlogs.hubble_meaning import make_flow, opened, tells_verdict, weight
from ringfence.flowlogs.hubble_record import UNREADABLE, FlowRecord, Line, decode_line
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import HOUR, Flow, NameAnswer, Opening, Tally

MOST = 96 << 20
"""Bytes that shapes take before all are forgotten, about; those with something above Layer 4 get a quarter more."""

_SHAPE = 700
_PORT = 400
"""Bytes of a shape but for its parts and its key, and of one port more of it."""

_TAIL = 100
"""Bytes by which shapes are found that are alike up to the ports."""

_BESIDE = 16
"""Shapes that are compared one after the other."""

_TRIAL = 1 << 15
"""Lines after which it is looked whether it was worth it."""

_NOTED = 1 << 18
"""Lines that are noted before they are counted, about; each takes 40 bytes."""

_BRACE = ord("}")


@dataclass(slots=True, eq=False)
class _Counted:
    """A flow of a shape, and where it is counted in one reduction.

    ``weight`` is how many flows a line stands for, ``opens`` how many connections it opens, None where it doesn't tell.
    ``answer`` is the DNS answer in each of the lines.
    """

    flow: Flow
    weight: int
    opens: int | None
    answer: NameAnswer | None
    into: Reduction | None = None
    hours: dict[int, Tally] = field(default_factory=dict)

    def add(self, into: Reduction, hour: int, lines: int, first: float, last: float) -> int:
        """Counts so many lines of an hour; says how many records they are."""
        if into is not self.into:
            self.into = into
            flow = replace(self.flow, node=into.writer) if into.writer and not self.flow.node else self.flow
            self.hours = into.counted.setdefault(flow, {})
        records = lines * self.weight
        tally = Tally(first, last, records, None if self.opens is None else lines * self.opens)
        known = self.hours.setdefault(hour, tally)
        if known is not tally:
            known.add(tally)
        if self.answer is not None:
            into.answer(replace(self.answer, time=last, first=first if lines > 1 else None))
        return records


class _Pending:
    """Lines of one hour whose shape is known, and which aren't counted yet.

    To count each by itself would cost more than to find its shape: its tally was changed long ago, and isn't in the
    processor's cache. So lines are noted, and counted many at once.
    """

    def __init__(self) -> None:
        self.into: Reduction | None = None
        self.hour = -1
        self.lines: list[_Counted] = []
        self.times: list[float] = []

    def settle(self) -> None:
        """Counts what was noted."""
        lines, times = self.lines, self.times
        if not times or self.into is None:
            return
        ordered = sorted(times)  # quick where they are in order, as most are
        if ordered != times:
            lines = [lines[index] for index in sorted(range(len(times)), key=times.__getitem__)]
        last = dict(zip(lines, ordered, strict=True))
        first = dict(zip(reversed(lines), reversed(ordered), strict=True))
        records = 0
        for known, number in Counter(lines).items():
            records += known.add(self.into, self.hour, number, first[known], last[known])
        self.into.saw(records, ordered[0], ordered[-1])
        self.lines.clear()
        self.times.clear()


@dataclass(slots=True)
class _Shape:
    """What stands behind the ports, in three parts, and where the flows are counted, by the port that is served.

    ``second``, ``third`` and ``length`` tell where parts begin and where they end. In a ``reply`` the served port is
    the source's. ``known`` is the flow of one served ``port``, ``ports`` has those of others. ``other`` is the next
    shape with the same key, and ``number`` how many there are.
    """

    reply: bool
    port: bytes
    known: _Counted
    near: bytes = b""
    middle: bytes = b""
    far: bytes = b""
    second: int = 0
    third: int = 0
    length: int = 0
    other: _Shape | None = None
    number: int = 1
    ports: dict[bytes, _Counted] | None = None


@dataclass(slots=True)
class _Room:
    """How much is remembered, and whether it is worth it. ``asked`` are the lines since all was forgotten."""

    most: int
    held: int = 0
    learned: int = 0
    asked: int = 0
    useless: bool = False

    def take(self, size: int) -> bool:
        """Takes some bytes; True if all else must be forgotten for it."""
        full = self.held > self.most
        if full:
            # Shapes that are seldom seen again cost more than they save: a field differs that no part leaves out.
            self.useless = 2 * self.learned > self.asked
            self.held = self.learned = self.asked = 0
        self.held += size
        return full


_Others = tuple[int, list[int], list[bytes]]


class Shapes:
    """Remembers shapes, and where their flows are counted.

    A shape is found by its key, what stands before the ports and the last bytes before the second time, and is then
    compared as a whole. It has few objects of its own, since most of them aren't in the processor's cache. Shapes with
    something above Layer 4, which are fewer but more diverse, are found by all of their parts.
    """

    def __init__(self, ends: Ends, most: int = MOST) -> None:
        self._ends = ends
        self._layout: Layout | None = None
        self._shapes: dict[bytes, _Shape] = {}
        self._parts: dict[bytes, bytes] = {}
        self._room = _Room(most)
        self._above: dict[bytes, _Shape] = {}
        self._above_room = _Room(most // 4)
        self._tried = 0
        self._left = 0  # of the lines that were tried
        self._useless = False
        self._pending = _Pending()
        self._offsets: dict[int, int] = {}

    def count(self, data: bytes, first: int, into: Reduction) -> _Others:
        """Counts the lines whose shape is known or can be learned.

        They are in ``into`` after :meth:`settle` only. Gives the number of the line that comes next, and the numbers
        and the text of all lines that weren't counted.
        """
        layout = self._layout = self._layout or layout_of(data)
        if layout is None or self._useless or self._room.useless:
            lines = data.split(b"\n")
            lines.pop()
            after = first + len(lines)
            return after, list(range(first, after)), lines
        numbers: list[int] = []
        others: list[bytes] = []
        match, find, starts, known_shape = layout.line.match, data.find, data.startswith, self._shapes.get
        second, base, limit = b"?", 0.0, 0.0  # of the line before: most lines have the same
        pending = self._pending
        if into is not pending.into or len(pending.times) >= _NOTED:
            pending.settle()
            pending.into = into
        note, note_time = pending.lines.append, pending.times.append
        number, end = first - 1, -1
        while (end := find(b"\n", begin := end + 1)) >= 0:
            number += 1
            found = match(data, begin, end)
            if found is None:
                numbers.append(number)
                others.append(data[begin:end])
                continue
            whole, text, digits, before, source, destination = found.groups()
            if text != second:
                since = moment(f"{text.decode()}Z")
                second, base, limit = text, since or 0.0, 0.0
                if since is not None:
                    hour = int(since // HOUR)
                    limit = float(hour * HOUR + HOUR)
                    if hour != pending.hour:
                        pending.settle()
                        pending.hour = hour
            time = base + float(digits)
            then, last = found.end(), end - 1 - len(whole)
            if time >= limit or last - then < _TAIL or not starts(whole, last) or data[end - 1] != _BRACE:
                numbers.append(number)
                others.append(data[begin:end])
                continue
            key = before + data[last - _TAIL : last]
            shape = known_shape(key)
            while shape is not None and not (
                then + shape.length == last
                and starts(shape.near, then)
                and starts(shape.middle, then + shape.second)
                and starts(shape.far, then + shape.third)
            ):
                shape = shape.other
            if shape is None:
                shape = self._look_further(data[begin:end], layout, before, then - begin, key)
                if shape is None:
                    numbers.append(number)
                    others.append(data[begin:end])
                    continue
            known, port = shape.known, source if shape.reply else destination
            if port != shape.port:
                known = self._other_port(shape, port, data[begin:end])
            note(known)
            note_time(time)
        self._judge(number + 1 - first, len(others))
        return number + 1, numbers, others

    def settle(self) -> None:
        """Counts the lines that were noted."""
        self._pending.settle()

    def _judge(self, lines: int, left: int) -> None:
        """Gives up when few lines have a shape."""
        self._room.asked += lines
        self._tried += lines
        self._left += left
        if self._tried >= _TRIAL:
            self._useless = 4 * self._left > 3 * self._tried
            self._tried = self._left = 0

    def _look_further(self, line: bytes, layout: Layout, before: bytes, then: int, key: bytes) -> _Shape | None:
        """The shape of a line that isn't found by its key; None if its records can't be counted by a shape.

        ``then`` is where the ports end, before which stands ``before``.
        """
        if line.find(layout.above, then) >= 0:
            return self._look_above(line, layout, before, then)
        beside = self._shapes.get(key)
        if beside is not None and beside.number >= _BESIDE:
            return None
        shape = self._learn(line, layout, above=False)
        if shape is None:
            return None
        self._take(_SHAPE + len(key))
        behind, beside, same = layout.after(line, then)[0], self._shapes.get(key), self._offsets.setdefault
        second = max(0, behind.find(layout.cuts[0]))
        third = max(second, behind.find(layout.cuts[1], second))
        shape.near, shape.middle, shape.far = map(self._part, (behind[:second], behind[second:third], behind[third:]))
        # Equal numbers are one object, too: they are looked at with each line.
        shape.second, shape.third, shape.length = (same(number, number) for number in (second, third, len(behind)))
        if beside is not None:
            shape.other, shape.number = beside, beside.number + 1
        self._shapes[key] = shape
        self._room.learned += 1
        return shape

    def _look_above(self, line: bytes, layout: Layout, before: bytes, then: int) -> _Shape | None:
        """The shape of a line with something above Layer 4."""
        room, parts = self._above_room, b"\n".join((before, *layout.after(line, then)))
        room.asked += 1
        shape = self._above.get(parts)
        if shape is None and not room.useless:
            shape = self._learn(line, layout, above=True)
            if shape is not None:
                if room.take(_SHAPE + len(parts)):
                    self._above.clear()
                room.learned += 1
                self._above[parts] = shape
        return shape

    def _learn(self, line: bytes, layout: Layout, *, above: bool) -> _Shape | None:
        """The shape of a line, as far as it is decoded; None if its records can't be counted by it."""
        match = cast(re.Match[bytes], layout.line.match(line))
        after = layout.after(line, match.end())
        if len(after) > 1 and not above:
            return None
        try:
            message = decode_line(line)
            record = message.flow
            if record is None or not tells_verdict(record) or not is_regular(line, match, after, message):
                return None
            known = self._counted(message, record)
        except UNREADABLE:
            return None
        if known.flow.opening is Opening.UNKNOWN or (record.l7 is not None and not above):
            return None
        reply = known.flow.opening is Opening.REPLY
        return _Shape(reply, match[5] if reply else match[6], known)

    def _other_port(self, shape: _Shape, port: bytes, line: bytes) -> _Counted:
        """Where the flow of a line of a known shape is counted that has another served port than the shape's first."""
        if shape.ports is None:
            shape.ports = {}
        known = shape.ports.get(port)
        if known is None:
            self._take(_PORT)
            message = decode_line(line)
            known = shape.ports[port] = self._counted(message, cast(FlowRecord, message.flow))
        return known

    def _counted(self, message: Line, record: FlowRecord) -> _Counted:
        flow = make_flow(record, message.node_name, self._ends)
        answer = name_answer(record.l7, flow.destination, 0.0)
        return _Counted(flow, weight(record), opened(record, flow.opening), answer)

    def _part(self, part: bytes) -> bytes:
        """A part, the same object as an equal one before."""
        known = self._parts.get(part)
        if known is None:
            known = self._parts[part] = part
            self._room.held += len(part)
        return known

    def _take(self, size: int) -> None:
        if self._room.take(size):
            self._shapes.clear()
            self._parts.clear()
