"""Counts records of Hubble that are like earlier ones, without asking again what they mean.

A line of Hubble is long (about 1.7 KB) and says little that is new: who talks to whom recurs, and only the time, the
identifier and the client's port differ. Decoding its JSON takes 2 µs, working out its flow ten times as long. So each
line is decoded, and what its flow depends on is the key under which the flow's tallies are found.

Nothing that the flow depends on is left out of the key: it has all fields of the record, but the time, which the tally
has, and three that are reduced as the flow reduces them: ports, and what the proxy saw.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from msgspec.structs import astuple

from ringfence.flowlogs.fields import moment
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_l7 import application, name_answer
from ringfence.flowlogs.hubble_meaning import connection, flags, make_flow, opened, tells_verdict, weight
from ringfence.flowlogs.hubble_record import NO_ADDRESSES, UNREADABLE, Dns, FlowRecord, Layer7, Line, decode_line
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import HOUR, Flow, NameAnswer, Tally

_MOST = 150_000
"""Records that are remembered before all are forgotten: about 150 MB."""

_FIRST = 7
"""Fields of a record that stand in a key of their own, or reduced; those that follow have few values together."""

_Hours = dict[int, Tally]
_Key = tuple[Hashable, ...]


@dataclass(slots=True)
class _Counted:
    """Where a flow is counted: its tally of one hour, and those of all.

    ``weight`` is how many flows a line stands for, ``opens`` how many connections it opens, None where it doesn't tell.
    """

    hour: int
    tally: Tally
    weight: int
    opens: int | None
    hours: _Hours
    flow: Flow


class Known:
    """Remembers records, and where their flows are counted."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._into: Reduction | None = None
        self._flows: dict[_Key, _Counted] = {}
        self._parts: dict[Hashable, Hashable] = {}
        self._rests: dict[_Key, int] = {}
        self._answers: dict[tuple[str, tuple[str, ...], tuple[str, ...], bytes], NameAnswer] = {}

    def count(self, lines: Iterable[bytes], into: Reduction) -> list[int]:
        """Counts the lines that have a flow and a usual time; gives the indices of all others."""
        if into is not self._into:
            self._forget()
            self._into = into
        others: list[int] = []
        find, number, decode = self._flows.get, self._rests.get, decode_line
        second, base, hour, limit = "?", 0.0, 0, 0.0  # of the line before: most lines have the same
        records, earliest, latest = 0, float("inf"), 0.0
        for index, line in enumerate(lines):
            try:
                message = decode(line)
            except UNREADABLE:
                others.append(index)
                continue
            record = message.flow
            if record is None:
                others.append(index)
                continue
            text = record.time
            if not text.startswith(second):
                second = text[:20]  # with the point
                whole = moment(f"{second[:-1]}Z") if second.endswith(".") and len(second) == 20 else None
                if whole is None:
                    second = "?"
                    others.append(index)
                    continue
                base, hour = whole, int(whole // HOUR)
                limit = float(hour * HOUR + HOUR)
            digits = text[20:-1]
            if not (digits.isdigit() and text[-1] == "Z" and text.isascii()):
                others.append(index)
                continue
            time = base + float(text[19:-1])

            l4, reply, l7 = record.l4, record.is_reply, record.l7
            place: Hashable
            if l4 is None or reply is None:
                place = (connection(record), flags(record))
            elif l4.tcp is not None:
                told = l4.tcp.flags
                port = l4.tcp.source_port if reply else l4.tcp.destination_port
                place = port if told is None else (port, told.syn, told.ack, told.rst)
            elif l4.udp is not None:
                place = ("UDP", l4.udp.source_port if reply else l4.udp.destination_port)
            else:
                place = connection(record)
            destination = bytes(record.destination)
            ip = record.ip or NO_ADDRESSES
            rest = astuple(record)[_FIRST:]
            key = (
                place,
                bytes(record.source),
                destination,
                ip.source,
                ip.destination,
                record.node_name or message.node_name,
                None if l7 is None else application(l7),
                number(rest),
            )
            known = find(key)
            if known is None or time >= limit:
                known = self._learn(message, record, (key, rest), into) if time < limit else None
                if known is None:
                    others.append(index)
                    continue
            if known.hour != hour:
                known.hour = hour
                known.tally = known.hours.get(hour) or known.hours.setdefault(hour, Tally(time, time))
            tally = known.tally
            tally.records += known.weight
            if known.opens is not None:
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
            if l7 is not None and l7.dns is not None and l7.dns.ips:
                self._answer(l7, l7.dns, destination, known.flow, time, into)
        if records:
            into.saw(records, earliest, latest)
        return others

    def _learn(self, message: Line, record: FlowRecord, keys: tuple[_Key, _Key], into: Reduction) -> _Counted | None:
        """Remembers a record that has a flow; None if it has none."""
        if not tells_verdict(record):
            return None
        try:
            flow = make_flow(record, message.node_name, self._ends)
        except UNREADABLE:
            return None
        if len(self._flows) >= _MOST:
            self._forget()
        key, rest = keys
        number = self._rests.setdefault(rest, len(self._rests))
        part = self._parts.setdefault  # equal parts are one object, which stays in the processor's cache
        named = replace(flow, node=into.writer) if into.writer and not flow.node else flow
        hours = into.counted.setdefault(named, {})
        known = self._flows[(*(part(each, each) for each in key[:-1]), number)] = _Counted(
            -1, _NO_TALLY, weight(record), opened(record, flow.opening), hours, flow
        )
        return known

    def _answer(self, l7: Layer7, dns: Dns, destination: bytes, flow: Flow, time: float, into: Reduction) -> None:
        """Notes a DNS answer; what it says is worked out once, as it comes again and again."""
        if dns.rcode:
            return
        key = (dns.query, dns.ips, dns.cnames, destination)
        known = self._answers.get(key)
        if known is None:
            known = name_answer(l7, flow.destination, time)
            if known is None:
                return
            if len(self._answers) >= _MOST:
                self._answers.clear()
            self._answers[key] = known
        into.answer(NameAnswer(known.name, known.addresses, time, dns.ttl or None, known.chain, known.asked_by))

    def _forget(self) -> None:
        for memory in (self._flows, self._parts, self._rests):
            memory.clear()


_NO_TALLY = Tally(0.0, 0.0)
