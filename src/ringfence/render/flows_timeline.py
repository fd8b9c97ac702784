"""Connections by hour with what changed: for people, as a FlowTimelineReport document and as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import IO

from ringfence.model.flow import HOUR
from ringfence.observe.timeline import Hour, Timeline, Turn
from ringfence.render import flows_evidence, json_values
from ringfence.render.flows_denied import change_json
from ringfence.render.flows_evidence import moment, stamp
from ringfence.render.json_values import Json
from ringfence.render.lines import Line, bad, bold, careful, count, layout, place

_WIDTH = 30
COLUMNS = ("start", "recorded", "passed", "stopped", "other", "changes")


def text(report: Timeline, *, every: bool = False) -> Iterator[str]:
    """A line for each hour with something in it, with marks where policies changed and connections turned."""
    most = max((hour.passed + hour.stopped + hour.other for hour in report.hours), default=0)
    marks = _marks(report)
    yield bold(f"{'hour':<20}  {'passed':>10}  {'denied':>10}  {'other':>8}")
    gap = 0
    for hour in report.hours:
        if not hour.recorded and not every and hour.start not in marks:
            gap += 1
            continue
        if gap:
            yield careful(f"… {count(gap, 'hour')} without a record")
            gap = 0
        bar = _bar(hour, most)
        yield f"{moment(hour.start):<20}  {hour.passed:>10,}  {hour.stopped:>10,}  {hour.other:>8,}  {bar}".rstrip()
        yield from layout(marks.pop(hour.start, []))
    rest = [line for lines in marks.values() for line in lines]
    if rest:
        yield "Outside the window:"
        yield from layout(rest)
    if report.turns:
        yield ""
        yield bold("Passed, and denied since:")
        for turn in report.turns:
            yield from layout(list(_turn(turn)))
    yield ""
    yield from flows_evidence.lines(report.evidence, every=every)


def _marks(report: Timeline) -> dict[float, list[Line]]:
    """Policy changes by the hour in which the later snapshot was made."""
    marks: dict[float, list[Line]] = {}
    for change in report.changes:
        start = change.before // HOUR * HOUR
        text = f"    ▲ {change.text} (since {moment(change.after)})"
        marks.setdefault(start, []).append(Line(careful(text), place(change.origin)))
    return marks


def _bar(hour: Hour, most: int) -> str:
    if not most:
        return ""
    whole = [round(number / most * _WIDTH) for number in (hour.passed, hour.stopped, hour.other)]
    # What was denied shows, however little it is.
    whole[1] = max(whole[1], 1 if hour.stopped else 0)
    return f"{'█' * whole[0]}{bad('▓' * whole[1]) if whole[1] else ''}{'░' * whole[2]}"


def _turn(turn: Turn) -> Iterator[Line]:
    port = f" {turn.port}" if turn.port is not None else ""
    yield Line(
        f"  {bad('-')} {turn.source.name} → {turn.destination.name}  {turn.protocol}{port}  "
        f"passed until {moment(turn.last)}, denied {count(turn.denied, 'time')} since {moment(turn.first)}"
    )
    for change in turn.changes:
        yield Line(
            f"      between {moment(change.after)} and {moment(change.before)}: {change.text}", place(change.origin)
        )


def document(report: Timeline) -> str:
    """The FlowTimelineReport, indented."""
    body = json_values.document(
        "FlowTimelineReport",
        hours=[
            {
                "start": stamp(hour.start),
                "recorded": hour.recorded,
                "passed": hour.passed,
                "stopped": hour.stopped,
                "other": hour.other,
            }
            for hour in report.hours
        ],
        turns=[_turn_json(turn) for turn in report.turns],
        changes=[change_json(change) for change in report.changes],
        evidence=flows_evidence.as_json(report.evidence),
    )
    return json.dumps(body, indent=2) + "\n"


def _turn_json(turn: Turn) -> Json:
    return {
        "source": turn.source.name,
        "destination": turn.destination.name,
        "protocol": turn.protocol,
        "port": turn.port,
        "passedUntil": stamp(turn.last),
        "deniedSince": stamp(turn.first),
        "denied": turn.denied,
        "changes": [change_json(change) for change in turn.changes],
    }


def write_csv(report: Timeline, out: IO[str]) -> None:
    """A row for each hour; policy changes are joined by ``;``."""
    changes: dict[float, list[str]] = {}
    for change in report.changes:
        changes.setdefault(change.before // HOUR * HOUR, []).append(change.text)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for hour in report.hours:
        marks = ";".join(changes.get(hour.start, ()))
        row = stamp(hour.start), str(hour.recorded).lower(), hour.passed, hour.stopped, hour.other, marks
        writer.writerow(row)
