"""What an answer built on flows rests on, in lines, in Markdown and as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from ringfence.explain.evidence import HOURS_A_DAY, Evidence
from ringfence.model.flow import HOUR, Loss, LossKind
from ringfence.model.objects import WorkloadRef
from ringfence.render.json_values import Json
from ringfence.render.lines import bold, count

_NAMED = 6
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LOSSES = {
    LossKind.LOST_EVENTS: "events lost",
    LossKind.SAMPLED: "sampled",
    LossKind.RATE_LIMITED: "rate limited",
    LossKind.NO_DATA: "no data",
    LossKind.SEQUENCE_GAP: "gap in the sequence",
    LossKind.AGGREGATED: "aggregated",
    LossKind.TRUNCATED: "truncated",
    LossKind.UNREADABLE: "unreadable",
    LossKind.FOREIGN: "no flow",
    LossKind.NODE_UNAVAILABLE: "node unavailable",
    LossKind.UNPLACED: "node not told",
}


def lines(evidence: Evidence, *, every: bool = False) -> Iterator[str]:
    """The window, and under it what it doesn't cover; ``every`` names all workloads."""
    yield f"{bold('Evidence:')} {window(evidence)}"
    holes = list(gaps(evidence, every=every))
    if holes:
        yield bold("Not covered:")
        yield from (f"  {hole}" for hole in holes)


def markdown(evidence: Evidence) -> Iterator[str]:
    """The same as a list; texts of records are inert."""
    from ringfence.render.markdown import prose

    yield f"**Evidence:** {prose(window(evidence))}"
    holes = list(gaps(evidence))
    if holes:
        yield ""
        yield from (f"- not covered: {prose(hole)}" for hole in holes)


def window(evidence: Evidence) -> str:
    """``hubble, 2026-11-16 08:00 to 2026-11-23 07:59 UTC; 12,345 records of 4 nodes.``"""
    coverage = evidence.coverage
    if coverage.first is None or coverage.last is None:
        return "no record."
    formats = f"{', '.join(coverage.formats)}; " if coverage.formats else ""
    nodes = f" of {count(len(coverage.nodes), 'node')}" if coverage.nodes else ""
    records = f"; {count(coverage.records, 'record')}{nodes}" if coverage.records else ""
    return f"{formats}{moment(coverage.first)} to {moment(coverage.last)}{records}."


def gaps(evidence: Evidence, *, every: bool = False) -> Iterator[str]:
    """What the window can't tell of, a line each."""
    if evidence.silent:
        yield f"{count(len(evidence.silent), 'hour')} of the window without a record: {_hours(evidence.silent)}"
    if evidence.hours_of_day and evidence.coverage.first is not None:
        yield f"no record at {', '.join(_clock(*span) for span in _spans(evidence.hours_of_day))} UTC on any day"
    if evidence.weekdays and evidence.coverage.first is not None:
        yield f"no record on {', '.join(WEEKDAYS[day] for day in evidence.weekdays)}"
    if evidence.jobs:
        yield f"never ran in the window: {_named(evidence.jobs, every=every)}"
    if evidence.unseen:
        number = count(len(evidence.unseen), "workload")
        yield f"{number} that no record names: {_named(evidence.unseen, every=every)}"
    if evidence.coverage.unmapped:
        number = count(evidence.coverage.unmapped, "record")
        yield f"{number} with an end that the inventory doesn't have at that time"
    yield from map(loss, evidence.losses)


def loss(value: Loss) -> str:
    """One loss: what it is, how many, on which node."""
    place = f" on {value.node}" if value.node else ""
    where = f" ({value.where})" if value.where is not None and value.where.file else ""
    number = f" ({value.count:,})" if value.count is not None else ""
    return f"{_LOSSES[value.kind]}{number}{place}: {value.detail}{where}"


def moment(seconds: float) -> str:
    """``2026-11-16 08:00``."""
    return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%Y-%m-%d %H:%M} UTC"


def stamp(seconds: float | None) -> str | None:
    """As JSON has it, RFC 3339."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(seconds, tz=dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def as_json(evidence: Evidence) -> Json:
    """The shape that every answer built on flows shares."""
    coverage = evidence.coverage
    return {
        "first": stamp(coverage.first),
        "last": stamp(coverage.last),
        "hours": len(coverage.hours),
        "silentHours": [stamp(hour * HOUR) for hour in evidence.silent],
        "hoursOfDay": list(evidence.hours_of_day),
        "weekdays": [WEEKDAYS[day] for day in evidence.weekdays],
        "formats": list(coverage.formats),
        "nodes": list(coverage.nodes),
        "records": coverage.records,
        "unmapped": coverage.unmapped,
        "replies": coverage.replies_dropped,
        "losses": [_loss(each) for each in evidence.losses],
        "neverRan": list(map(str, evidence.jobs)),
        "unseen": list(map(str, evidence.unseen)),
    }


def _loss(value: Loss) -> Json:
    fields: Json = {
        "kind": value.kind.value,
        "detail": value.detail,
        "count": value.count,
        "node": value.node,
        "where": str(value.where) if value.where is not None else "",
    }
    return {key: field for key, field in fields.items() if field not in ("", None)}


def _named(refs: Sequence[WorkloadRef], *, every: bool) -> str:
    shown = refs if every else refs[:_NAMED]
    rest = f" and {len(refs) - len(shown):,} more" if refs[len(shown) :] else ""
    return f"{', '.join(map(str, shown))}{rest}"


def _spans(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of numbers that follow one another: their first and last."""
    start = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield start, last
            start = number
        last = number
    yield start, last


def _clock(first: int, last: int) -> str:
    return f"{first % HOURS_A_DAY:02}:00–{last % HOURS_A_DAY:02}:59"


def _hours(hours: Sequence[int]) -> str:
    spans = list(_spans(hours))
    shown = ", ".join(_span(*span) for span in spans[:_NAMED])
    return f"{shown} and {len(spans) - _NAMED} more gaps" if spans[_NAMED:] else shown


def _span(first: int, last: int) -> str:
    begin, end = (dt.datetime.fromtimestamp(hour * HOUR, tz=dt.UTC) for hour in (first, last))
    day = f"{end:%Y-%m-%d} " if end.date() != begin.date() else ""
    return f"{begin:%Y-%m-%d %H:00}–{day}{end:%H}:59"
