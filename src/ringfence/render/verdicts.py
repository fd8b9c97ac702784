"""Answers to point queries as CSV or JSON.

Rows are kept in a spool that goes to disk when it grows: only after the last row is it known which columns there are,
and nothing is written where the queries turn out to be unreadable.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable
from typing import IO, Any

import msgspec

from ringfence.explain.bulk import Answer
from ringfence.explain.judge import Judgement, direction_of
from ringfence.explain.notes import notes_for
from ringfence.explain.queries import COLUMNS
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction
from ringfence.render.json_values import API_VERSION, Json, conditions, findings, port, rule

ADDED = ("verdict", "egress", "ingress")
"""Columns that every answer has; a query's columns of these names are replaced."""

_IN_MEMORY = 8 << 20


def write_csv(answers: Iterable[Answer], out: IO[str]) -> int:
    """Writes the rows as they came with ``verdict,egress,ingress`` behind them, and ``error`` if any row has one.

    Returns:
        How many rows have an error.

    Raises:
        QueryError: the queries are unreadable; nothing has been written then.
    """
    columns: dict[str, None] = {}
    errors = 0
    encode, decode = msgspec.json.encode, msgspec.json.decode
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for answer in answers:
            cells = {name: cell for name, cell in answer.row.cells.items() if name not in (*ADDED, "error")}
            if not columns.keys() >= cells.keys():
                columns.update(dict.fromkeys(cells))
            errors += bool(answer.error)
            result = (answer.verdict, answer.side(Direction.EGRESS), answer.side(Direction.INGRESS), answer.error)
            spool.write(encode((cells, result)))
            spool.write(b"\n")
        names = list(columns) or list(COLUMNS)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*names, *ADDED, *(["error"] if errors else [])])
        spool.seek(0)
        for line in spool:
            cells, result = decode(line)
            writer.writerow([*(_cell(cells.get(name)) for name in names), *(result if errors else result[:3])])
    return errors


def _cell(value: Any) -> str:
    """A JSON value as a cell: text as it is, nothing as nothing, the rest as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def write_json(answers: Iterable[Answer], found: Iterable[Finding], out: IO[str]) -> int:
    """Writes one VerdictReport document, a row a line.

    Returns:
        How many rows have an error.

    Raises:
        QueryError: the queries are unreadable; nothing has been written then.
    """
    errors = 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        for answer in answers:
            errors += bool(answer.error)
            spool.write(msgspec.json.encode(_row(answer)))
            spool.write(b"\n")
        spool.seek(0)
        out.write(f'{{"apiVersion": "{API_VERSION}", "kind": "VerdictReport",\n"rows": [')
        separator = "\n"
        for line in spool:
            out.write(separator + line.decode().rstrip("\n"))
            separator = ",\n"
        out.write(f'\n],\n"findings": {json.dumps(findings(found))}}}\n')
    return errors


def _row(answer: Answer) -> Json:
    row: Json = {"src": "", "dst": "", "protocol": "", "port": "", **answer.row.cells}
    for name in (*ADDED, "error"):
        row.pop(name, None)
    row["verdict"] = answer.verdict
    if answer.judgement is None:
        row["error"] = answer.error
        return row
    row.update(_judged(answer.judgement))
    return row


def _judged(judgement: Judgement) -> Json:
    fields: Json = port(judgement.protocol, judgement.port)
    for direction in Direction:
        fields[str(direction)] = "allowed" if judgement.side(direction) else "blocked"
    fields["deciding"] = {str(direction): _deciding(judgement, direction) for direction in Direction}
    fields["reason"] = {
        str(direction): next((str(side.reason) for side in judgement.deciding(direction)), "")
        for direction in Direction
    }
    if judgement.conditional:
        fields["conditions"] = _conditions(judgement)
    if judgement.pairs != 1:
        fields["pairs"] = {"allowed": judgement.allowed_pairs, "total": judgement.pairs}
    if judgement.varies:
        fields["varies"] = True
    notes = notes_for(judgement)
    if notes:
        fields["notes"] = list(notes)
    return fields


def _deciding(judgement: Judgement, direction: Direction) -> list[Json]:
    """The rules that decided the direction, in every group of replicas, each once."""
    seen = {
        (str(trace.policy.ref), trace.index, str(trace.rule.action)): rule(trace)
        for side in judgement.deciding(direction)
        for trace in side.deciding
    }
    return list(seen.values())


def _conditions(judgement: Judgement) -> list[Json]:
    found: dict[tuple[str, int], Json] = {}
    for group in judgement.groups:
        for direction in Direction:
            for entry in conditions(direction_of(group.verdict, direction).conditional):
                found[f"{entry['direction']} {entry['policy']}", entry["rule"]] = entry
    return list(found.values())
