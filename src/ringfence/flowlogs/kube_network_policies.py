"""kube-network-policies (kindnet): packets and verdicts of its log at ``-v=2``, in JSON or klog's text.

Records: https://github.com/kubernetes-sigs/kube-network-policies/blob/main/docs/json-logging.md. A packet is written
before its policies are asked, once for each direction, and what came of it in another record with the same ``id``,
which each node counts by itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.flowlogs import fields
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.yearless import Yearless
from ringfence.model.flow import Direction, EndKind, Flow, FlowEnd, Loss, LossKind, Opening, Outcome
from ringfence.model.origin import Position

PACKET = "Evaluating packet"
NO_VERDICT = "Packets have no verdict in the log."
NO_PACKET = "Verdicts have no packet in the log."

_VERDICTS = {
    "Packet accepted by policy": (Outcome.ALLOWED, None),
    "Packet denied by egress policy": (Outcome.DENIED, Direction.EGRESS),
    "Packet denied by ingress policy": (Outcome.DENIED, Direction.INGRESS),
}
_WAITING = 10_000  # packets; verdicts come at once, so what waits longer will not get one

_KLOG = re.compile(r'[IWE](\d\d)(\d\d) (\d\d):(\d\d):(\d\d(?:\.\d+)?)\s+\d+ [^\s\]]+\] "([^"]*)"(.*)')
_PAIR = re.compile(r'(?<!\w)(\w+)=(?:"([^"]*)"|(\S+))')
_TUPLE = re.compile(r"\s*\[\d+\] (\S+):(\d+) (\S+):(\d+) (\S+)\s*")


@dataclass(slots=True)
class _Packet:
    source: FlowEnd
    destination: FlowEnd
    protocol: str
    source_port: int | None
    port: int | None
    time: float
    where: Position


class _Reader:
    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._waiting: dict[str, _Packet] = {}
        self._years = Yearless(clock)
        self._text: tuple[dict[str, str], float, Position] | None = None

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        if line.lstrip().startswith(b"{"):
            record = fields.record(line)
            if record is None:
                into.unreadable("Lines are no JSON.", where)
            else:
                at = fields.seconds(record.get("ts"), 0.001)
                self._record(record, fields.mapping(record.get("packet")), at, where, into)
            return
        self._klog(line.decode("utf-8", "replace"), where, into)

    def end(self, into: Reduction) -> None:
        """Packets without their verdict are lost."""
        for packet in self._waiting.values():
            into.lose(Loss(LossKind.TRUNCATED, NO_VERDICT, 1, where=packet.where))
        self._waiting.clear()
        self._cut(into)

    def _klog(self, text: str, where: Position, into: Reduction) -> None:
        if self._text is not None:
            values, at, began = self._text
            match = _TUPLE.fullmatch(text)
            if match is not None:
                source, source_port, destination, port, protocol = match.groups()
                packet = {
                    "SrcIP": source,
                    "SrcPort": source_port,
                    "DstIP": destination,
                    "DstPort": port,
                    "Proto": protocol,
                }
                self._record({**values, "msg": PACKET}, packet, at, began, into)
                self._text = ({}, at, began)
                return
            if text[:1].isspace():  # the packet's bytes, and the end of them
                if text.strip() == ">":
                    if values:
                        self._cut(into)
                    self._text = None
                return
            self._cut(into)
        match = _KLOG.match(text)
        if match is None:
            into.lose(Loss(LossKind.FOREIGN, "Lines are no packets or verdicts.", 1, where=where))
            return
        month, day, hour, minute, second, message, rest = match.groups()
        when = self._years.moment(int(month), int(day), (int(hour), int(minute), float(second)))
        values = {key: quoted or plain for key, quoted, plain in _PAIR.findall(rest)}
        if message == PACKET and when is not None and rest.endswith("packet=<"):
            self._text = (values, when, where)
            self._years.say(where, into)
            return
        self._record({**values, "msg": message}, {}, when, where, into)

    def _cut(self, into: Reduction) -> None:
        if self._text is not None and self._text[0]:
            into.unreadable("A packet's addresses don't follow it.", self._text[2])
        self._text = None

    def _record(
        self, record: Mapping[str, Any], packet: Mapping[str, Any], at: float | None, where: Position, into: Reduction
    ) -> None:
        message, key = record.get("msg"), f"{into.writer} {record.get('id')}"
        if message == PACKET:
            found = _packet(record, packet, at, where)
            if found is None:
                into.unreadable("A packet has no time, address or protocol that can be read.", where)
                return
            known = self._waiting.get(key)
            if known is not None and _key(known) != _key(found):  # the numbers began again
                self._lose_oldest(key, into)
            self._waiting.setdefault(key, found)
            if len(self._waiting) > _WAITING:
                self._lose_oldest(next(iter(self._waiting)), into)
            return
        verdict = _VERDICTS.get(message) if isinstance(message, str) else None
        if verdict is None:
            into.lose(Loss(LossKind.FOREIGN, "Lines are no packets or verdicts.", 1, where=where))
            return
        waiting = self._waiting.pop(key, None)
        if waiting is None:
            into.lose(Loss(LossKind.LOST_EVENTS, NO_PACKET, 1, where=where))
            return
        flow = _flow(waiting, *verdict)
        if flow.direction is None and not into.writer:
            into.unplaced(where)
        into.seen(flow, waiting.time)

    def _lose_oldest(self, key: str, into: Reduction) -> None:
        packet = self._waiting.pop(key)
        into.lose(Loss(LossKind.TRUNCATED, NO_VERDICT, 1, where=packet.where))


def _packet(record: Mapping[str, Any], packet: Mapping[str, Any], at: float | None, where: Position) -> _Packet | None:
    source = _end(record.get("srcPod"), packet.get("SrcIP"))
    destination = _end(record.get("dstPod"), packet.get("DstIP"))
    protocol = fields.protocol(packet.get("Proto"))
    if at is None or not source.address or not destination.address or not protocol:
        return None
    return _Packet(
        source, destination, protocol, fields.port(packet.get("SrcPort")), fields.port(packet.get("DstPort")), at, where
    )


def _key(packet: _Packet) -> tuple[object, ...]:
    return packet.source, packet.destination, packet.protocol, packet.source_port, packet.port


def _end(pod: object, address: object) -> FlowEnd:
    written = fields.text(pod)
    namespace, slash, name = written.partition("/")
    bare = address.strip("[]") if isinstance(address, str) else address
    if slash:
        return FlowEnd(EndKind.POD, fields.address(bare), namespace, name)
    kind = EndKind.EXTERNAL if written == "external" else EndKind.UNKNOWN
    return FlowEnd(kind, fields.address(bare))


def _flow(packet: _Packet, outcome: Outcome, direction: Direction | None) -> Flow:
    return Flow(
        packet.source,
        packet.destination,
        packet.protocol,
        packet.port,
        outcome,
        Opening.UNKNOWN,
        packet.source_port,
        direction,
        "engine",
        per_connection=outcome is Outcome.ALLOWED,
    )


def _recognises(lines: Sequence[bytes]) -> float:
    good = 0
    for line in lines:
        record = fields.record(line)
        if record is not None:
            message = record.get("msg")
            good += message == PACKET or (isinstance(message, str) and message in _VERDICTS)
        else:
            match = _KLOG.match(line.decode("utf-8", "replace"))
            good += match is not None and (match[6] == PACKET or match[6] in _VERDICTS)
    if good and not any(line.startswith(b"{") for line in lines):
        good += sum(line[:1].isspace() for line in lines)  # the bytes of packets
    return good / len(lines)


FORMAT = Format("kube-network-policies", "kube-network-policies log", _recognises, _Reader)
