"""Answers about flows as the page shows them: what is denied with its reasons, hours, and traffic by workload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from ringfence.explain.recorded import Basis, RecordedEnd
from ringfence.flows.edges import EdgeSet
from ringfence.model.flow import HOUR
from ringfence.model.ports import Icmp, Protocol
from ringfence.observe import Denial, DeniedReport
from ringfence.observe.calls import PASSED, STOPPED
from ringfence.observe.timeline import Timeline
from ringfence.render import flows_denied
from ringfence.render.flows_evidence import moment, stamp
from ringfence.render.lines import count, place

_MOST: Final = 40
"""Connections of one kind that are shown."""
_REASONS: Final = 2
"""Reasons that stand in the row itself; the others fold out."""

_JUDGED: Final = (Basis.PODS, Basis.ADDRESS, Basis.SERVICE)


def denials(report: DeniedReport) -> dict[str, Any]:
    """What is denied: in numbers, and by how it ended."""
    last = report.evidence.coverage.last
    by_policy = [row for row in report.rows if row.ending.by_policy]
    now = [row for row in by_policy if _is_now(row, last)]
    return {
        "headline": flows_denied.summary(report),
        "edges": report.edges,
        "times": report.connections,
        "denied": len(by_policy),
        "now": len(now),
        "worked": sum(row.worked_until is not None for row in by_policy),
        "over": sum(row.works_since is not None for row in by_policy),
        "sections": [
            {
                "title": title,
                "rows": [_row(row, last) for row in rows[:_MOST]],
                "more": len(rows) - len(rows[:_MOST]),
                "number": len(rows),
                "policy": rows[0].ending.by_policy,
            }
            for title, rows in flows_denied.sections(report.rows)
        ],
    }


def _is_now(row: Denial, last: float | None) -> bool:
    """Whether it was denied in the last hour of the records, and hasn't passed since."""
    return row.works_since is None and last is not None and row.last >= last - HOUR


def _row(row: Denial, last: float | None) -> dict[str, Any]:
    reasons = [(text, place(origin) if origin is not None else "") for text, origin in flows_denied.because(row)]
    reasons.sort(key=lambda reason: not reason[1])  # what points to a line says most
    return {
        "source": row.source.name,
        "destination": row.destination.name,
        "port": f"{row.protocol} {row.port}" if row.port is not None else row.protocol,
        "ending": row.ending.value,
        "policy": row.ending.by_policy,
        "times": count(row.connections, "time"),
        "first": moment(row.first),
        "last": moment(row.last),
        "now": row.ending.by_policy and _is_now(row, last),
        "over": row.works_since is not None,
        "reasons": reasons[:_REASONS],
        "more": reasons[_REASONS:],
        "why": question(row.source, row.destination, row.protocol, row.port),
    }


def question(source: RecordedEnd, destination: RecordedEnd, protocol: str, port: int | None) -> str:
    """The address of the ``why`` about a connection; empty where one of its ends is no end of the cluster any more."""
    if source.basis not in _JUDGED or destination.basis not in _JUDGED or source.basis is Basis.SERVICE:
        return ""
    asked = {"source": source.end.name, "destination": destination.end.name}
    if port is not None and protocol in Protocol.__members__:
        asked["port"] = f"{port}/{protocol}"
    elif port is not None and protocol in Icmp.__members__:
        asked["port"] = f"{protocol.lower()}/{port}"
    return f"/why?{urlencode(asked)}"


def hours(report: Timeline) -> dict[str, Any]:
    """Hours for the table, and the same for the chart, with the moments at which policies changed."""
    return {
        "rows": [(moment(each.start), stamp(each.start), stamp(each.start + HOUR - 1), each) for each in report.hours],
        "chart": {
            "hours": [
                [each.start * 1000, each.passed, each.stopped, each.other, each.recorded] for each in report.hours
            ],
            "changes": [[change.before * 1000, change.text] for change in report.changes],
        },
        "changes": [(moment(change.before), change.text, place(change.origin)) for change in report.changes],
    }


def turns(report: Timeline) -> list[dict[str, Any]]:
    """What passed, and is denied since."""
    return [
        {
            "source": turn.source.name,
            "destination": turn.destination.name,
            "port": f"{turn.protocol} {turn.port}" if turn.port is not None else turn.protocol,
            "last": moment(turn.last),
            "first": moment(turn.first),
            "times": count(turn.denied, "time"),
            "changes": [(change.text, place(change.origin)) for change in turn.changes],
            "why": question(turn.source, turn.destination, turn.protocol, turn.port),
        }
        for turn in report.turns[:_MOST]
    ]


def traffic(edges: EdgeSet, workloads: Iterable[str]) -> list[dict[str, Any]]:
    """Connections of each workload that was seen, those with most denials first."""
    known = set(workloads)
    found: dict[str, dict[str, int]] = {}
    names = list(map(str, edges.parties))
    for number in range(len(edges)):
        outcome = edges.outcome[number]
        kind = "passed" if outcome in PASSED else "denied" if outcome in STOPPED else "other"
        for side, party in (("out", edges.source[number]), ("in", edges.destination[number])):
            if names[party] in known:
                row = found.setdefault(names[party], {})
                row[f"{side}_{kind}"] = row.get(f"{side}_{kind}", 0) + edges.connections[number]
    keys = [f"{side}_{kind}" for side in ("out", "in") for kind in ("passed", "denied", "other")]
    rows = [{"name": name, **{key: row.get(key, 0) for key in keys}} for name, row in found.items()]
    return sorted(rows, key=lambda row: (-int(row["out_denied"]) - int(row["in_denied"]), str(row["name"])))
