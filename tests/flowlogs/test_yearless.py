"""Times without a year."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.flowlogs.kernel_times import KernelTimes
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.yearless import Yearless
from ringfence.model.origin import Position
from tests.flowlogs.reading import read


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "month", "day", "expected"),
    [
        ("2026-11-23T12:00", 9, 25, "2026-09-25T03:36:35"),
        ("2026-01-02T12:00", 12, 31, "2025-12-31T03:36:35"),
        # Zones and clocks may be a day ahead.
        ("2026-12-31T20:00", 1, 1, "2027-01-01T03:36:35"),
        ("2026-11-23T12:00", 2, 29, "2024-02-29T03:36:35"),
        ("2026-11-23T12:00", 2, 30, None),
        ("2026-11-23T12:00", 13, 1, None),
    ],
)
def test_the_latest_year_that_is_not_in_the_future(now: str, month: int, day: int, expected: str | None) -> None:
    found = Yearless(lambda: seconds(now)).moment(month, day, (3, 36, 35.0))
    assert found == (None if expected is None else seconds(expected))


def test_the_guess_is_said_once() -> None:
    into, years = Reduction(), Yearless()
    for number in (1, 2, 3):
        years.say(Position("messages", number), into)
    (said,) = into.losses
    assert (said.count, said.where) == (None, Position("messages", 1))
    assert "year" in said.detail


def test_syslog_and_klog_say_it() -> None:
    stamp = KernelTimes(lambda: seconds("2026-11-23T12:00")).read("Sep  5 03:36:35 node kernel: fw: ")
    assert (stamp.time, stamp.host, stamp.rest, stamp.yearless) == (
        seconds("2026-09-05T03:36:35"),
        "node",
        "fw: ",
        True,
    )
    klog = 'I0712 09:53:52.2 1 engine.go:57] "Packet accepted by policy" id=9'
    assert read("kube-network-policies", klog).losses != []
