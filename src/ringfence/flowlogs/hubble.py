"""Hubble: files of the exporter, and ``hubble observe -o json`` or ``jsonpb``.

https://docs.cilium.io/en/stable/observability/hubble/configuration/export/
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringfence.flowlogs.format import Format
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_l7 import name_answer
from ringfence.flowlogs.hubble_meaning import CAPTURE, DEBUG, make_flow, weight
from ringfence.flowlogs.hubble_record import FlowRecord, Line, LostEvents, NodeStatus, decoder
from ringfence.flowlogs.hubble_scan import Scanner
from ringfence.flowlogs.hubble_time import parse_time
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Flow, Loss, LossKind, Tally
from ringfence.model.origin import Position

_GONE = {"NODE_UNAVAILABLE": "unavailable", "NODE_GONE": "gone", "NODE_ERROR": "failing"}

_SOURCES = {
    "PERF_EVENT_RING_BUFFER": "the kernel's ring buffer was full",
    "OBSERVER_EVENTS_QUEUE": "Hubble's queue was full",
    "HUBBLE_RING_BUFFER": "Hubble's ring buffer was overwritten before it was read",
}


class HubbleReader:
    """Reads lines one by one, or many at once by their recurring parts."""

    def __init__(self) -> None:
        self._scanner = Scanner()
        self._ends = Ends()

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads one line."""
        self._read(line, where.file, where.line, into)

    def many(self, lines: Sequence[bytes], file: str, first: int, into: Reduction) -> None:
        """Reads lines that stand one after the other."""
        for index in self._scanner.count(lines, into):  # what it gives is learnt before it goes on
            line = lines[index]
            read = self._read(line, file, first + index, into) if line and not line.isspace() else None
            if read is not None:
                self._scanner.learn(*read, into)

    def flush(self, into: Reduction) -> None:
        """Gives what was counted in :meth:`many` so far."""
        self._scanner.flush(into)

    def end(self, into: Reduction) -> None:
        """Nothing is remembered from one line to the next."""
        self.flush(into)

    def _read(self, line: bytes, file: str, number: int, into: Reduction) -> tuple[Flow, int] | None:
        """Reads one line; gives its flow and how many it stands for."""
        try:
            return read_record(decoder.decode(line), Position(file, number), self._ends, into)
        except msgspec.ValidationError:
            into.unreadable("A record has a field of another type than Hubble's.", Position(file, number))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            into.unreadable("A line is no JSON object.", Position(file, number))
        return None


def read_record(line: Line, where: Position, ends: Ends, into: Reduction) -> tuple[Flow, int] | None:
    """Counts what a message says; gives its flow, if it has one, and how many flows it stands for.

    Raises:
        msgspec.ValidationError: an end isn't as Hubble writes it.
    """
    record = line.flow
    if record is None:
        time = parse_time(line.time)
        if line.lost_events is not None:
            _lost(line.lost_events, line.node_name, time, where, into)
            return None
        if line.node_status is not None:
            _status(line.node_status, time, where, into)
            return None
        if line.agent_event is not None or line.debug_event is not None:
            into.lose(Loss(LossKind.FOREIGN, "Events of the agent are no flows.", 1, where=where))
            return None
        record = line  # an old version, which has nothing around the flow
        if not _is_flow(record):
            into.lose(Loss(LossKind.FOREIGN, "JSON objects without a flow of Hubble.", 1, where=where))
            return None
    if record.event_type is not None and record.event_type.type in (DEBUG, CAPTURE):
        into.lose(Loss(LossKind.FOREIGN, "Debug captures tell no verdict.", 1, where=where))
        return None
    time = parse_time(record.time) or parse_time(line.time)
    if time is None:
        into.unreadable("A flow has no time.", where)
        return None
    flow = make_flow(record, line.node_name, ends)
    records = weight(record)
    into.add(flow, Tally(time, time, records))
    answer = name_answer(record.l7, flow.destination, time)
    if answer is not None:
        into.answer(answer)
    return flow, records


def _is_flow(record: FlowRecord) -> bool:
    return bool(record.verdict) or record.ip is not None or record.event_type is not None


def _lost(lost: LostEvents, node: str, time: float | None, where: Position, into: Reduction) -> None:
    try:
        count: int | None = max(0, int(lost.num_events_lost))
    except ValueError:
        count = None
    why = _SOURCES.get(str(lost.source), "no reason is given")
    detail = f"Hubble lost events: {why}."
    into.lose(Loss(LossKind.LOST_EVENTS, detail, count, node.rpartition("/")[2], where, time, time))


def _status(status: NodeStatus, time: float | None, where: Position, into: Reduction) -> None:
    state = _GONE.get(str(status.state_change))
    if state is None:  # a node that is connected loses nothing
        return
    for node in status.node_names or [""]:
        name = node.rpartition("/")[2]
        detail = f"Hubble Relay found a node {state}, whose flows are missing."
        into.lose(Loss(LossKind.NODE_UNAVAILABLE, detail, None, name, where, time, time))


def recognises(lines: Sequence[bytes]) -> float:
    """Which share of lines are messages of Hubble."""
    return sum(map(_is_hubble, lines)) / len(lines) if lines else 0.0


def _is_hubble(line: bytes) -> bool:
    if not line.startswith(b"{"):
        return False
    try:
        record = decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    if record.flow is not None or record.lost_events is not None or record.node_status is not None:
        return True
    return (record.ip is not None and bool(record.verdict)) or (record.event_type is not None and bool(record.verdict))


FORMAT = Format("hubble", "Hubble JSON", recognises, HubbleReader, independent=True)
