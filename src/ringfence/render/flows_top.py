"""Who talks most: for people, as a FlowTopReport document and as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import IO

from ringfence.flows.talkers import Talker
from ringfence.observe.top import Top
from ringfence.render import flows_evidence, json_values
from ringfence.render.flows_evidence import stamp
from ringfence.render.json_values import Json
from ringfence.render.lines import bold, count

COLUMNS = ("name", "connections", "passed", "stopped", "octets", "octetsBack", "peers", "first", "last")
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000


def text(report: Top, limit: int) -> Iterator[str]:
    """A line for each row, most first."""
    shown = report.rows[:limit]
    width = max((len(row.name) for row in shown), default=0)
    yield bold(f"{report.by.value:<{width}}  {'connections':>12}  {'denied':>10}  {'out':>9}  {'in':>9}  {'peers':>6}")
    for row in shown:
        sizes = f"{octets(row.octets):>9}  {octets(row.octets_back):>9}"
        yield f"{row.name:<{width}}  {row.connections:>12,}  {row.stopped:>10,}  {sizes}  {row.peers:>6,}"
    if report.total > len(shown):
        yield f"and {report.total - len(shown):,} more"
    if report.without_bytes:
        yield f"Note: the records of {report.without_bytes:,} of {count(report.edges, 'edge')} have no bytes."
    yield ""
    yield from flows_evidence.lines(report.evidence)


def octets(number: int | None) -> str:
    """``1.5 MB``; a dash where no record has bytes."""
    if number is None:
        return "-"
    value, unit = float(number), 0
    while value >= _STEP and unit + 1 < len(_UNITS):
        value, unit = value / _STEP, unit + 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def document(report: Top, limit: int) -> str:
    """The FlowTopReport, indented."""
    body = json_values.document(
        "FlowTopReport",
        by=report.by.value,
        rows=[_row(row) for row in report.rows[:limit]],
        total=report.total,
        withoutBytes=report.without_bytes,
        evidence=flows_evidence.as_json(report.evidence),
    )
    return json.dumps(body, indent=2) + "\n"


def _row(row: Talker) -> Json:
    return {
        "name": row.name,
        "connections": row.connections,
        "passed": row.passed,
        "stopped": row.stopped,
        "octets": row.octets,
        "octetsBack": row.octets_back,
        "peers": row.peers,
        "first": stamp(row.first),
        "last": stamp(row.last),
    }


def write_csv(report: Top, limit: int, out: IO[str]) -> None:
    """A row each; bytes are empty where no record has any."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in report.rows[:limit]:
        writer.writerow(["" if cell is None else cell for cell in _row(row).values()])
