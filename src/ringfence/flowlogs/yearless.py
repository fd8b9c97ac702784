"""Times without a year, as syslog (RFC 3164) and klog write them."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from ringfence.flowlogs.reduction import Reduction
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

DAY = 86400.0

DETAIL = "Times are written without year and zone; they are taken as UTC, in the latest year that isn't in the future."

_YEARS = 9  # as far back as a 29 February may be: 1896 to 1904 has none for eight years

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


class Yearless:
    """Gives times their year: the latest one with which they aren't in the future. Says once that it did."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._now = clock()
        self._said = False

    def moment(self, month: int, day: int, clock: tuple[int, int, float]) -> float | None:
        """Seconds since 1970 of a day and ``(hour, minute, second)``; None if there is no such time.

        A day of grace is given for clocks and zones that are ahead.
        """
        hour, minute, second = clock
        newest = datetime.fromtimestamp(self._now + DAY, UTC).year
        for year in range(newest, newest - _YEARS, -1):
            try:
                at = datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() + second
            except ValueError:
                continue
            if at <= self._now + DAY:
                return at
        return None

    def say(self, where: Position, into: Reduction) -> None:
        """Notes once that the year was not in the log."""
        if not self._said:
            self._said = True
            into.lose(Loss(LossKind.TRUNCATED, DETAIL, None, where=where))
