"""Connections by hour, with what changed: policies, and connections that turned from passing to denied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.explain.evidence import Evidence, evidence
from ringfence.explain.recorded import RecordedEnd, RecordedEnds
from ringfence.flows.edges import Coverage, Edge, EdgeSet
from ringfence.flows.selection import HourOf, Selection
from ringfence.model.flow import HOUR
from ringfence.model.objects import Snapshot
from ringfence.observe.calls import PASSED, STOPPED, Call, calls_of, end_of, hours_of
from ringfence.observe.history import History, Moment
from ringfence.observe.report import Change


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour from ``start``, in seconds since 1970, and its connections. ``recorded`` is False without any record."""

    start: float
    passed: int = 0
    stopped: int = 0
    other: int = 0
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """A connection that passed, and was denied from ``first`` on; ``last`` is when it last passed before."""

    source: RecordedEnd
    destination: RecordedEnd
    protocol: str
    port: int | None
    last: float
    first: float
    denied: int
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every hour from the first with a connection to the last, and what changed, by time."""

    hours: tuple[Hour, ...]
    turns: tuple[Turn, ...]
    changes: tuple[Change, ...]
    evidence: Evidence


def timeline(edges: EdgeSet, snapshot: Snapshot | None = None, history: Sequence[Moment] = ()) -> Timeline:
    """Counts of whole edges by hour. ``history`` are snapshots over time: what they differ in is marked."""
    ends = RecordedEnds(snapshot or Snapshot(), edges.parties)
    return _timeline(_counts(edges), edges, ends, snapshot, history)


def timeline_of(selection: Selection, snapshot: Snapshot | None = None, history: Sequence[Moment] = ()) -> Timeline:
    """As :func:`timeline`, of edges that are counted where they are."""
    ends = RecordedEnds(snapshot or Snapshot(), selection.parties)
    edges = selection.calls(ends.numbers).turning()
    return _timeline(_counted(selection.hours()), edges, ends, snapshot, history)


def _timeline(
    counts: _Counts, edges: EdgeSet, ends: RecordedEnds, snapshot: Snapshot | None, history: Sequence[Moment]
) -> Timeline:
    past = History(history, edges.parties)
    turns = [turn for call in calls_of(edges, ends) if (turn := _turn(call, ends, past)) is not None]
    turns.sort(key=lambda turn: (turn.first, -turn.denied, turn.source.name, turn.destination.name))
    return Timeline(
        tuple(_hours(counts, edges.coverage)),
        tuple(turns),
        tuple(past.policy_changes()),
        evidence(edges.coverage, snapshot, edges.parties),
    )


_Counts = dict[int, list[int]]
"""For each hour what passed, was stopped, and did neither. What was reset is of the last: no policy stopped it."""


def _counts(edges: EdgeSet) -> _Counts:
    return _counted(
        HourOf(
            hour, edge.outcome, number, sum(min(number, each.connections) for each in edge.resets if each.hour == hour)
        )
        for edge in edges
        for hour, number in hours_of(edge)
    )


def _reset_in(edge: Edge, hour: int, number: int) -> int:
    """How many of the connections of an hour were reset."""
    return sum(min(number, reset.connections) for reset in edge.resets if reset.hour == hour)


def _counted(found: Iterable[HourOf]) -> _Counts:
    counts: _Counts = {}
    for each in found:
        kind = 0 if each.outcome in PASSED else 1 if each.outcome in STOPPED else 2
        of_hour = counts.setdefault(each.hour, [0, 0, 0])
        of_hour[kind] += each.connections
        if kind == 0:
            of_hour[0] -= each.reset
            of_hour[2] += each.reset
    return counts


def _hours(counts: _Counts, coverage: Coverage) -> list[Hour]:
    if not counts:
        return []
    known = {*counts, *coverage.hours}
    found = []
    for hour in range(min(counts), max(counts) + 1):
        passed, stopped, other = counts.get(hour, (0, 0, 0))
        found.append(Hour(hour * HOUR, passed, stopped, other, hour in known))
    return found


def _turn(call: Call, ends: RecordedEnds, past: History) -> Turn | None:
    """The turn from passing to denied; None for what never passed, or went on passing all the time."""
    stopped = call.of(STOPPED)
    if not stopped:
        return None
    first = min(edge.first for edge in stopped)
    last = call.passed_before(first)
    if last is None or any(_during(edge.hours, first) for edge in call.of(PASSED)):
        return None
    source, destination = end_of(ends, call)
    denied = sum(edge.connections for edge in stopped)
    changes = past.before(call, first) if past else ()
    return Turn(source, destination, call.protocol, call.port, last, first, denied, changes)


def _during(hours: tuple[tuple[int, int], ...], first: float) -> bool:
    """Whether it passed in the hour after the first denial: then some passed and some didn't, which is no turn."""
    return any(int(first // HOUR) + 1 == hour for hour, _ in hours)
