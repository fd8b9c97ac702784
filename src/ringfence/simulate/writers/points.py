"""Where a connection meets policies: the points at which agents write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.model.flow import Direction, EndKind, RecordedRule
from ringfence.simulate.connection import Connection, End, Side


@dataclass(frozen=True, slots=True)
class Point:
    """One direction's check, at the pod ``end`` on ``node``. ``denied`` tells that the packets were stopped here."""

    direction: Direction
    node: str
    end: End
    side: Side
    denied: bool


def points(connection: Connection) -> Iterator[Point]:
    """The checks that a connection passes, up to the one that stops it."""
    source, destination = connection.source, connection.destination
    if source.kind is EndKind.POD and connection.egress.asked:
        denied = connection.dropped is Direction.EGRESS
        yield Point(Direction.EGRESS, source.node, source, connection.egress, denied)
    if connection.dropped is Direction.EGRESS:
        return
    if destination.kind is EndKind.POD and connection.ingress.asked:
        denied = connection.dropped is Direction.INGRESS
        yield Point(Direction.INGRESS, destination.node, destination, connection.ingress, denied)


def decider(point: Point) -> RecordedRule | None:
    """The first rule that decided as was done; None where a default did, or nothing."""
    if point.side.allowed is point.denied or not point.side.rules:
        return None
    return point.side.rules[0]


def packets(connection: Connection) -> Iterator[float]:
    """When the first packet was sent, and sent again."""
    for attempt in range(connection.attempts):
        yield connection.time + attempt
