"""The connections that differ as CSV: one row for each source, destination and protocol."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import IO

from ringfence.diff.report import DiffReport
from ringfence.model.intervals import Interval

COLUMNS = ("change", "src", "dst", "protocol", "before", "after")


def write(report: DiffReport, out: IO[str]) -> None:
    """Writes the rows in the report's order. ``change`` is that of the row's protocol."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in report.changes:
        for row in change.rows():
            ends = (change.src.name, change.dst.name)
            writer.writerow((str(row.kind), *ends, str(row.protocol), _spans(row.before), _spans(row.after)))


def _spans(intervals: Iterable[Interval]) -> str:
    """Merged intervals ``lo-hi`` joined by ``;``; a single port is written the same way, ``80-80``."""
    return ";".join(f"{lo}-{hi}" for lo, hi in intervals)
