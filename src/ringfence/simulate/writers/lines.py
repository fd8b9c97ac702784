"""A base for writers whose source writes plain lines, one for each record."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import lru_cache

from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.writer import Cast, Record


class LineWriter(ABC):
    """Writes each record's body as it stands, and says nothing of losses."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    @abstractmethod
    def records(self, connection: Connection) -> Iterable[Record]:
        """See :class:`Writer`."""

    def flush(self, until: float) -> Iterable[Record]:  # noqa: ARG002 - a Writer's
        """Nothing: each record is written when it happens."""
        return ()

    def header(self, node: str) -> str:  # noqa: ARG002 - a Writer's
        """None."""
        return ""

    def line(self, record: Record, number: int) -> str:  # noqa: ARG002 - a Writer's
        """The body."""
        return record.body

    def lost(self, node: str, time: float, why: str, count: int) -> str:  # noqa: ARG002 - a Writer's
        """Nothing: the source doesn't say."""
        return ""


@lru_cache(maxsize=4096)
def second(time: int, layout: str = "%Y-%m-%dT%H:%M:%S") -> str:
    """A second of UTC as text."""
    return dt.datetime.fromtimestamp(time, dt.UTC).strftime(layout)


def nanoseconds(time: float) -> str:
    """``2026-11-16T08:00:00.250000000Z``."""
    whole = int(time)
    return f"{second(whole)}.{int((time - whole) * 1e9):09d}Z"


def milliseconds(time: float) -> str:
    """``2026-11-16T08:00:00.250Z``."""
    whole = int(time)
    return f"{second(whole)}.{int((time - whole) * 1e3):03d}Z"
