"""What a request says of which flows it is about: namespaces, workloads, ports, and a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from ringfence.flows.choosing import Choice
from ringfence.flows.inventory_files import parse_time
from ringfence.model.errors import QueryError
from ringfence.model.flow import HOUR

WINDOWS: Final = {
    "1h": ("last hour of the records", 1),
    "6h": ("last 6 hours of the records", 6),
    "24h": ("last 24 hours of the records", 24),
    "7d": ("last 7 days of the records", 7 * 24),
    "30d": ("last 30 days of the records", 30 * 24),
}
"""Windows that end with the last record: what each is called, and its hours."""

_LONGEST: Final = 64


def choice_of(
    namespaces: Sequence[str] = (),
    workloads: Sequence[str] = (),
    ports: Sequence[int] = (),
    since: str = "",
    until: str = "",
) -> Choice:
    """The choice that texts of a request make; empty ones choose all.

    Raises:
        QueryError: a time can't be read, or a name can't be one.
    """
    return Choice(_plain(namespaces), _plain(workloads), _time(since), _time(until), ports=tuple(dict.fromkeys(ports)))


def windowed(choice: Choice, window: str, last: float | None) -> Choice:
    """The choice within a window of :data:`WINDOWS`; a start that is named already stays.

    Raises:
        QueryError: there is no such window.
    """
    if not window or choice.has_window or last is None:
        return choice
    if window not in WINDOWS:
        raise QueryError(f"{window[:_LONGEST]!r} is no window. Known: {', '.join(WINDOWS)}.")
    # Hours count whole, so the last hour of the records is the one that the last record lies in.
    since = (last // HOUR - WINDOWS[window][1] + 1) * HOUR
    return Choice(choice.namespaces, choice.workloads, since, None, ports=choice.ports)


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a time in a request.

    Raises:
        QueryError: it is none.
    """
    seconds = parse_time(text.strip())
    if seconds is None:
        told = "Write it as 2026-11-23T08:00:00Z, 2026-11-23, or in seconds."
        raise QueryError(f"{text[:_LONGEST]!r} is no time. {told}")
    return seconds


def moment_of(text: str) -> dt.datetime:
    """The same as a moment in UTC.

    Raises:
        QueryError: it is none, or lies outside the years from 1 to 9999.
    """
    try:
        return dt.datetime.fromtimestamp(seconds_of(text), tz=dt.UTC)
    except (ValueError, OverflowError):
        raise QueryError(f"{text[:_LONGEST]!r} is no time of this calendar.") from None


def _plain(texts: Sequence[str]) -> tuple[str, ...]:
    if any("\0" in text for text in texts):
        raise QueryError("A name has no null character.")  # which no database takes in a text
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _time(text: str) -> float | None:
    return seconds_of(text) if text.strip() else None
