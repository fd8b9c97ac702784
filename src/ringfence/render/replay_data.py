"""A replay as a ReplayReport document and as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import IO

from ringfence.explain.recorded import RecordedEnd
from ringfence.model.finding import Finding
from ringfence.render import flows_evidence
from ringfence.render.json_values import Json, document, findings, origin
from ringfence.replay import Fate, Reason, Replayed, ReplayReport, Unjudged

COLUMNS = (
    "fate", "src", "dst", "protocol", "port", "srcTeam", "dstTeam", "passed", "denied", "other", "first", "last",
    "today", "direction", "reason", "policy", "place",
)  # fmt: skip


def write_csv(report: ReplayReport, out: IO[str]) -> None:
    """A row for each connection and reason."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        for reason in row.reasons or (None,):
            writer.writerow((*_cells(row), *_reason_cells(reason)))
    for each in report.unjudged:
        for example in each.examples:
            source, _, destination = example.partition(" → ")
            writer.writerow(("unjudged", source, destination, *[""] * 11, each.why, "", ""))


def _cells(row: Replayed) -> tuple[str | int, ...]:
    return (
        row.fate.value,
        row.source.name,
        row.destination.name,
        str(row.protocol),
        row.port,
        row.source_team,
        row.destination_team,
        row.passed,
        row.denied,
        row.other,
        flows_evidence.stamp(row.first) or "",
        flows_evidence.stamp(row.last) or "",
        row.today.value if row.today is not None else "",
    )


def _reason_cells(reason: Reason | None) -> tuple[str, ...]:
    if reason is None:
        return "", "", "", ""
    policy = str(reason.policy) if reason.policy is not None else ""
    return str(reason.direction), reason.text, policy, str(reason.origin)


def render_json(report: ReplayReport, problems: Iterable[Finding]) -> str:
    """The document, indented."""
    return json.dumps(document("ReplayReport", **body(report), findings=findings(problems)), indent=2) + "\n"


def body(report: ReplayReport) -> Json:
    """What of the document is the replay's own."""
    return {
        "summary": {
            "connections": report.edges,
            "times": report.connections,
            **{fate.value: sum(1 for _ in report.of(fate)) for fate in Fate},
            "kept": report.kept,
            "denied": report.denied,
            "unjudged": sum(each.edges for each in report.unjudged),
            "ownNode": report.own_node,
            "byLabels": report.by_labels,
        },
        "connections": [connection(row) for row in report.rows],
        "unjudged": [_unjudged(each) for each in report.unjudged],
        "evidence": flows_evidence.as_json(report.evidence),
    }


def connection(row: Replayed) -> Json:
    """One connection whose fate isn't to stay as it is."""
    fields: Json = {
        "fate": row.fate.value,
        "source": _end(row.source, row.source_team),
        "destination": _end(row.destination, row.destination_team),
        "protocol": str(row.protocol),
        "port": row.port,
        "passed": row.passed,
        "denied": row.denied,
        "other": row.other,
        "first": flows_evidence.stamp(row.first),
        "last": flows_evidence.stamp(row.last),
        "pairs": row.pairs,
        "failing": row.failing,
        "reasons": [_reason(each) for each in row.reasons],
    }
    if row.today is not None:
        fields["today"] = row.today.value
    return fields


def _end(end: RecordedEnd, team: str) -> Json:
    fields: Json = {"name": end.name, "judgedBy": end.basis.value}
    if end.party.names:
        fields["names"] = list(end.party.names)
    if team:
        fields["team"] = team
    return fields


def _reason(reason: Reason) -> Json:
    fields: Json = {"direction": str(reason.direction), "text": reason.text}
    if reason.policy is not None:
        fields["policy"] = str(reason.policy)
    if (place := origin(reason.origin)) is not None:
        fields["origin"] = place
    return fields


def _unjudged(each: Unjudged) -> Json:
    return {"why": each.why, "connections": each.edges, "times": each.connections, "examples": list(each.examples)}
