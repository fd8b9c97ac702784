"""Who is denied: for people, as a FlowDeniedReport document and as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import IO

from ringfence.explain.recorded_reasons import Reason, Standing
from ringfence.explain.recorded_verdict import RecordedVerdict
from ringfence.model.finding import Finding
from ringfence.model.flow import HOUR, RecordedRule
from ringfence.model.origin import Origin
from ringfence.observe import Change, Denial, DeniedReport, Ending
from ringfence.render import flows_evidence, json_values
from ringfence.render.flows_evidence import moment, stamp
from ringfence.render.json_values import Json
from ringfence.render.lines import Line, bad, bold, careful, count, good, layout, place

SHOWN = 20
"""More connections than this of one kind are counted, unless every one is asked for."""

_PODS = 5

TITLES = {
    Ending.DROPPED: "Denied by policies",
    Ending.AUDITED: "Passed, and would be denied if the policies were enforced",
    Ending.ALLOW_ALL: "Passed as no policy isolates one of its ends: a default deny there would cut these",
    Ending.NOT_LISTENING: "Not denied: nothing listens on the port",
    Ending.RESET: "Not denied: reset by the destination, so nothing listens on the port, or it refuses",
    Ending.NO_ANSWER: "Not denied: nothing came back",
    Ending.FAILED: "Failed for a reason that is no policy",
    Ending.REPLY: "Answers that were logged as denied: policies let answers pass",
}
_WORDS = {Ending.DROPPED: "dropped", Ending.REJECTED: "rejected"}

COLUMNS = (
    "ending", "src", "dst", "protocol", "port", "connections", "first", "last", "sides", "explicit", "recorded",
    "reason", "verdict", "policy", "place", "workedUntil", "worksSince", "change",
)  # fmt: skip


def text(report: DeniedReport, *, every: bool = False) -> Iterator[str]:
    """The lines of the answer; ``every`` shows all connections."""
    yield bold(summary(report))
    for title, rows in sections(report.rows):
        yield ""
        yield bold(f"{title}:")
        shown = rows if every else rows[:SHOWN]
        for row in shown:
            yield from layout(list(_row(row)))
        if rows[len(shown) :]:
            yield f"  and {count(len(rows) - len(shown), 'more connection')}; -v shows all"
    if report.findings:
        yield ""
        yield bold("Where records and policies disagree:")
        for finding in report.findings:
            yield from layout([Line(f"  {careful(finding.code.code)} {finding.what}", place(finding.origin))])
            yield f"      {finding.why}"
            yield from (f"      {shown}" for shown in finding.evidence[: None if every else 3])
    yield ""
    yield from flows_evidence.lines(report.evidence, every=every)


def summary(report: DeniedReport) -> str:
    """``2 of 14 connections denied by policies, 12 times; 1 of them works again.``"""
    rows = list(report.of(Ending.DROPPED, Ending.REJECTED))
    total = count(report.edges, "connection")
    if not rows:
        return f"None of {total} was denied by a policy."
    times = count(sum(row.connections for row in rows), "time")
    over = sum(row.works_since is not None for row in rows)
    more = f"; {over:,} of them {'work' if over != 1 else 'works'} again" if over else ""
    return f"{len(rows):,} of {total} denied by policies, {times}{more}."


def sections(rows: Iterable[Denial]) -> Iterator[tuple[str, list[Denial]]]:
    """The rows by how they ended, those of policies first; drops and rejects are one kind."""
    found: dict[Ending, list[Denial]] = {}
    for row in rows:
        found.setdefault(Ending.DROPPED if row.ending.by_policy else row.ending, []).append(row)
    yield from ((title, found[ending]) for ending, title in TITLES.items() if ending in found)


def _row(row: Denial) -> Iterator[Line]:
    word = _WORDS.get(row.ending, "")
    sign = bad("-") if row.ending.by_policy and row.works_since is None else good("+") if row.ending.by_policy else "·"
    yield Line(f"  {sign} {ends(row)}  {f'{word} ' if word else ''}{seen(row)}")
    for text, origin in because(row):
        yield Line(f"      {text}", place(origin) if origin is not None else "")


def ends(row: Denial) -> str:
    """``shop/Pod/cart → data/Pod/db  TCP 5432``."""
    port = f" {row.port}" if row.port is not None else ""
    return f"{row.source.name} → {row.destination.name}  {row.protocol}{port}"


def seen(row: Denial) -> str:
    """How often, and from when to when."""
    if row.first == row.last:
        return f"{count(row.connections, 'time')}, {moment(row.first)}"
    return f"{count(row.connections, 'time')}, {moment(row.first)} to {moment(row.last)}"


def because(row: Denial) -> Iterator[tuple[str, Origin | None]]:
    """Everything that is known of why, a clause each with its place."""
    for rule in row.recorded:
        yield f"the record names {recorded(rule)}", None
    if row.reason and not row.recorded:
        yield f"the record says {row.reason}", None
    yield from ((text, None) for text in stopped_pods(row))
    verdict = row.verdict
    if verdict is not None:
        if verdict.standing is None and verdict.why_not:
            yield f"not judged: {verdict.why_not}", None
        if verdict.standing is Standing.ALLOWED and row.ending.by_policy:
            yield "the policies of the input allow it", None
        yield from ((_direction(reason), reason.origin) for reason in verdict.reasons)
    if row.worked_until is not None:
        yield f"it passed until {moment(row.worked_until)}", None
    for change in row.changes:
        yield f"between {moment(change.after)} and {moment(change.before)}: {change.text}", change.origin
    if row.works_since is not None:
        yield f"it passes again since {moment(row.works_since)}", None
    if row.also_passed is not None:
        yield f"also seen to pass, last {moment(row.also_passed)}: some replicas may pass, and others not", None


def stopped_pods(row: Denial) -> Iterator[str]:
    """Which pods were stopped, where others of the same workload were seen, too."""
    for side, pods, end in (
        ("source", row.source_pods, row.source),
        ("destination", row.destination_pods, row.destination),
    ):
        seen_pods = end.party.pods
        others = len(set(seen_pods) - set(pods))
        if pods and others:
            names = ", ".join(pods[:_PODS]) + (f" and {len(pods) - _PODS:,} more" if pods[_PODS:] else "")
            yield f"only {names} at the {side}; {count(others, 'other pod')} of it seen, too"


def _direction(reason: Reason) -> str:
    return f"{reason.direction}: {reason.text}"


def recorded(rule: RecordedRule) -> str:
    """A policy in the words of a record."""
    name = f"{rule.namespace}/{rule.name}" if rule.namespace and rule.name else rule.name or "a default"
    parts = [rule.kind, f"{name}{'…' if rule.cropped else ''}"]
    if rule.tier:
        parts.append(f"of tier {rule.tier}")
    if rule.rule:
        parts.append(f"rule {rule.rule}")
    return " ".join(filter(None, parts))


# ---- documents ---------------------------------------------------------------------------------------------------


def document(report: DeniedReport, problems: Iterable[Finding] = ()) -> str:
    """The FlowDeniedReport, indented."""
    body = json_values.document(
        "FlowDeniedReport",
        summary={
            "connections": report.edges,
            "times": report.connections,
            **{ending.value: sum(1 for _ in report.of(ending)) for ending in Ending},
        },
        connections=[as_json(row) for row in report.rows],
        disagreements=[json_values.finding(finding) for finding in report.findings],
        evidence=flows_evidence.as_json(report.evidence),
        findings=json_values.findings(problems),
    )
    return json.dumps(body, indent=2) + "\n"


def as_json(row: Denial) -> Json:
    """One connection; what is not known is left out."""
    fields: Json = {
        "ending": row.ending.value,
        "source": row.source.name,
        "destination": row.destination.name,
        "protocol": row.protocol,
        "port": row.port,
        "connections": row.connections,
        "first": stamp(row.first),
        "last": stamp(row.last),
        "hours": [{"start": stamp(hour * HOUR), "connections": number} for hour, number in row.hours],
        "sides": _sides(row),
        "recorded": [_recorded(rule) for rule in row.recorded],
        "reason": row.reason,
        "explicit": row.explicit,
        "verdict": verdict(row.verdict),
        "workedUntil": stamp(row.worked_until),
        "worksSince": stamp(row.works_since),
        "alsoPassed": stamp(row.also_passed),
        "changes": [change_json(change) for change in row.changes],
        "sourcePods": list(row.source_pods),
        "destinationPods": list(row.destination_pods),
    }
    return {key: field for key, field in fields.items() if field is not None and field not in ("", [])}


def _sides(row: Denial) -> list[str]:
    return [side for side, told in (("egress", row.egress), ("ingress", row.ingress)) if told]


def _recorded(rule: RecordedRule) -> Json:
    fields: Json = {
        "kind": rule.kind,
        "namespace": rule.namespace,
        "name": rule.name,
        "tier": rule.tier,
        "rule": rule.rule,
        "action": rule.action,
        "cropped": rule.cropped,
    }
    return {key: field for key, field in fields.items() if field not in ("", False)}


def verdict(value: RecordedVerdict | None) -> Json | None:
    """What the policies say; None where they were not asked."""
    if value is None:
        return None
    if value.standing is None:
        return {"notJudged": value.why_not}
    return {
        "standing": value.standing.value,
        "pairs": value.pairs,
        "failing": value.failing,
        "reasons": [_reason(reason) for reason in value.reasons],
    }


def _reason(reason: Reason) -> Json:
    fields: Json = {
        "direction": str(reason.direction),
        "text": reason.text,
        "policy": str(reason.policy) if reason.policy is not None else None,
        "implicit": reason.implicit,
        "origin": json_values.origin(reason.origin),
    }
    return {key: field for key, field in fields.items() if field is not None}


def change_json(change: Change) -> Json:
    """One change between two snapshots."""
    fields: Json = {
        "after": stamp(change.after),
        "before": stamp(change.before),
        "text": change.text,
        "policy": str(change.policy) if change.policy is not None else None,
        "origin": json_values.origin(change.origin),
    }
    return {key: field for key, field in fields.items() if field is not None}


def write_csv(report: DeniedReport, out: IO[str]) -> None:
    """A row for each connection; what there is several of is joined by ``;``."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        reasons = row.verdict.reasons if row.verdict is not None else ()
        standing = row.verdict.standing if row.verdict is not None else None
        writer.writerow(
            (
                row.ending.value,
                row.source.name,
                row.destination.name,
                row.protocol,
                "" if row.port is None else row.port,
                row.connections,
                stamp(row.first),
                stamp(row.last),
                ";".join(_sides(row)),
                "" if row.explicit is None else str(row.explicit).lower(),
                ";".join(map(recorded, row.recorded)),
                row.reason,
                standing.value if standing is not None else "",
                ";".join(str(reason.policy) for reason in reasons if reason.policy is not None),
                ";".join(str(reason.origin) for reason in reasons),
                stamp(row.worked_until) or "",
                stamp(row.works_since) or "",
                ";".join(change.text for change in row.changes),
            )
        )
