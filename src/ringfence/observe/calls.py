"""The edges of a store by call: two ends, a protocol and a port, with every outcome that was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.explain.recorded import RecordedEnd, RecordedEnds
from ringfence.flows.edges import Edge, EdgeSet
from ringfence.model.flow import HOUR, Outcome

PASSED = (Outcome.ALLOWED, Outcome.AUDITED)
STOPPED = (Outcome.DENIED, Outcome.REJECTED)


@dataclass(slots=True)
class Call:
    """All edges of one call. ``parties`` are the numbers of one pair of parties, ``ends`` those of their ends."""

    parties: tuple[int, int]
    ends: tuple[int, int]
    protocol: str
    port: int | None
    edges: list[Edge] = field(default_factory=list)

    def of(self, outcomes: Iterable[Outcome]) -> list[Edge]:
        """The edges with one of these outcomes."""
        wanted = tuple(outcomes)
        return [edge for edge in self.edges if edge.outcome in wanted]

    def passed_before(self, moment: float) -> float | None:
        """When it last passed before a moment, to the hour where it passed later, too."""
        return max((found for edge in self.of(PASSED) if (found := _before(edge, moment)) is not None), default=None)

    def passed_after(self, moment: float) -> float | None:
        """When it first passed after a moment, to the hour where it passed before, too."""
        return min((found for edge in self.of(PASSED) if (found := _after(edge, moment)) is not None), default=None)

    def passed_between(self, start: float, end: float) -> bool:
        """Whether it may have passed between two moments, as far as hours tell."""
        return start < end and any(_within(edge, start, end) for edge in self.of(PASSED))


def calls_of(edges: EdgeSet, ends: RecordedEnds) -> list[Call]:
    """The calls, in the order in which they first come."""
    found: dict[tuple[int, int, str, int | None], Call] = {}
    for number, (source, destination) in enumerate(zip(edges.source, edges.destination, strict=True)):
        pair = ends.numbers[source], ends.numbers[destination]
        key = *pair, edges.protocol[number], edges.port[number]
        call = found.get(key)
        if call is None:
            call = found[key] = Call((source, destination), pair, key[2], key[3])
        call.edges.append(edges[number])
    return list(found.values())


def end_of(ends: RecordedEnds, call: Call) -> tuple[RecordedEnd, RecordedEnd]:
    """The two ends of a call."""
    return ends.ends[call.ends[0]], ends.ends[call.ends[1]]


def merged_hours(edges: Iterable[Edge]) -> tuple[tuple[int, int], ...]:
    """Connections by hour, of all these edges; an edge without hours counts in its first."""
    found: dict[int, int] = {}
    for edge in edges:
        for hour, number in hours_of(edge):
            found[hour] = found.get(hour, 0) + number
    return tuple(sorted(found.items()))


def hours_of(edge: Edge) -> Iterator[tuple[int, int]]:
    """The hours of an edge with its connections."""
    yield from edge.hours or ((int(edge.first // HOUR), edge.connections),)


def _before(edge: Edge, moment: float) -> float | None:
    if edge.last < moment:
        return edge.last
    earlier = [hour for hour, _ in edge.hours if (hour + 1) * HOUR <= moment]
    if earlier:
        return (max(earlier) + 1) * HOUR
    return edge.first if edge.first < moment else None


def _after(edge: Edge, moment: float) -> float | None:
    if edge.first > moment:
        return edge.first
    later = [hour for hour, _ in edge.hours if hour * HOUR > moment]
    if later:
        return min(later) * HOUR
    return edge.last if edge.last > moment else None


def _within(edge: Edge, start: float, end: float) -> bool:
    if start < edge.first < end or start < edge.last < end:
        return True
    if edge.last <= start or edge.first >= end:
        return False
    return any(hour * HOUR < end and (hour + 1) * HOUR > start for hour, _ in edge.hours) or not edge.hours
