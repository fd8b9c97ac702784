"""Reads bytes as a log of one format, without files around them."""

from __future__ import annotations

from ringfence.flowlogs.format import LineReader
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import by_name
from ringfence.model.flow import Flow, Loss, LossKind, Tally
from ringfence.model.origin import Position

FILE = "node.log"


def read(name: str, log: bytes | str, reader: LineReader | None = None) -> Reduction:
    """All of a log in the format of a name. ``reader`` is taken instead of a new one of the format."""
    text = log.encode() if isinstance(log, str) else log
    chosen = by_name(name)
    reader = reader or chosen.reader()
    into = Reduction()
    lines = [text] if chosen.whole else text.split(b"\n")
    into.lines = len(lines)
    for number, line in enumerate(lines, 1):
        if line:
            reader.line(line, Position(FILE, number), into)
    reader.end(into)
    return into


def flows(reduction: Reduction) -> list[Flow]:
    """The distinct flows, in the order in which they came."""
    return list(reduction.counted)


def only(reduction: Reduction) -> tuple[Flow, Tally]:
    """The one flow of a log, and its tally."""
    ((flow, hours),) = reduction.counted.items()
    (tally,) = hours.values()
    return flow, tally


def lost(reduction: Reduction, kind: LossKind) -> list[Loss]:
    """The losses of one kind."""
    return [loss for loss in reduction.losses if loss.kind is kind]


def loss(reduction: Reduction, kind: LossKind) -> Loss:
    """The one loss of a kind."""
    (found,) = lost(reduction, kind)
    return found
