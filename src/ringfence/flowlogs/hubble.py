"""Hubble: files of the exporter, and ``hubble observe -o json`` or ``jsonpb``.

https://docs.cilium.io/en/stable/observability/hubble/configuration/export/
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ringfence.flowlogs.format import Format
from ringfence.flowlogs.hubble_ends import Ends
from ringfence.flowlogs.hubble_known import Known
from ringfence.flowlogs.hubble_l7 import name_answer
from ringfence.flowlogs.hubble_meaning import make_flow, opened, tells_verdict, weight
from ringfence.flowlogs.hubble_record import UNREADABLE, Line, LostEvents, NodeStatus, decode_flow, decode_line
from ringfence.flowlogs.hubble_shapes import Shapes
from ringfence.flowlogs.hubble_time import parse_time
from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Loss, LossKind, Tally
from ringfence.model.origin import Position

_GONE = {"NODE_UNAVAILABLE": "unavailable", "NODE_GONE": "gone", "NODE_ERROR": "failing"}

_SOURCES = {
    "PERF_EVENT_RING_BUFFER": "the kernel's ring buffer was full",
    "OBSERVER_EVENTS_QUEUE": "Hubble's queue was full",
    "HUBBLE_RING_BUFFER": "Hubble's ring buffer was overwritten before it was read",
}


class HubbleReader:
    """Reads lines one by one, or many at once, of which those that are alike are worked out once."""

    def __init__(self) -> None:
        self._ends = Ends()
        self._shapes = Shapes(self._ends)
        self._known = Known(self._ends)

    def line(self, line: bytes, where: Position, into: Reduction) -> None:
        """Reads one line."""
        try:
            read_record(decode(line), where, self._ends, into)
        except msgspec.ValidationError:
            into.unreadable("A record has a field of another type than Hubble's.", where)
        except UNREADABLE:
            into.unreadable("A line is no JSON object.", where)

    def block(self, data: bytes, file: str, first: int, into: Reduction) -> int:
        """Reads lines that stand one after the other."""
        after, numbers, lines = self._shapes.count(data, first, into)
        for index in self._known.count(lines, into):
            line = lines[index]
            if line and not line.isspace():
                self.line(line, Position(file, numbers[index]), into)
        return after - first

    def settle(self) -> None:
        """Counts the lines of blocks that were only noted."""
        self._shapes.settle()

    def end(self, into: Reduction) -> None:  # noqa: ARG002 - nothing is left to say in it
        """Nothing is remembered from one line to the next, but what is to be counted."""
        self.settle()


def decode(data: bytes) -> Line:
    """A line as a message; what old versions write, a flow with nothing around it, as a message with it.

    Raises:
        msgspec.MsgspecError: the line is no JSON object, or a field has another type than Hubble's.
    """
    line = decode_line(data)
    around = (line.flow, line.lost_events, line.node_status, line.agent_event, line.debug_event)
    if around == (None, None, None, None, None):
        flow = decode_flow(data)
        if bool(flow.verdict) or flow.ip is not None or flow.event_type is not None:
            return Line(flow, line.node_name, line.time)
    return line


def read_record(line: Line, where: Position, ends: Ends, into: Reduction) -> None:
    """Counts what a message says.

    Raises:
        msgspec.ValidationError: an end isn't as Hubble writes it.
    """
    record = line.flow
    if record is None:
        _no_flow(line, where, into)
        return
    if not tells_verdict(record):
        into.lose(Loss(LossKind.FOREIGN, "Debug captures tell no verdict.", 1, where=where))
        return
    time = parse_time(record.time) or parse_time(line.time)
    if time is None:
        into.unreadable("A flow has no time.", where)
        return
    flow = make_flow(record, line.node_name, ends)
    into.add(flow, Tally(time, time, weight(record), opened(record, flow.opening)))
    answer = name_answer(record.l7, flow.destination, time)
    if answer is not None:
        into.answer(answer)


def _no_flow(line: Line, where: Position, into: Reduction) -> None:
    time = parse_time(line.time)
    if line.lost_events is not None:
        _lost(line.lost_events, line.node_name, time, where, into)
    elif line.node_status is not None:
        _status(line.node_status, time, where, into)
    elif line.agent_event is not None or line.debug_event is not None:
        into.lose(Loss(LossKind.FOREIGN, "Events of the agent are no flows.", 1, where=where))
    else:
        into.lose(Loss(LossKind.FOREIGN, "JSON objects without a flow of Hubble.", 1, where=where))


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
        message = decode_line(line)
        if message.flow is not None or message.lost_events is not None or message.node_status is not None:
            return True
        flow = decode_flow(line)
    except UNREADABLE:
        return False
    return bool(flow.verdict) and (flow.ip is not None or flow.event_type is not None)


FORMAT = Format("hubble", "Hubble JSON", recognises, HubbleReader, independent=True)
