"""A diff as a DiffReport document, a change a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import IO, Any

from ringfence.diff.causes import Cause
from ringfence.diff.report import Change, ChangeKind, DiffReport, Impact, Risk, Why
from ringfence.explain.deciding import Decision
from ringfence.model.finding import Finding
from ringfence.render.json_values import API_VERSION, Json, findings, origin, ports


def write(report: DiffReport, found: Iterable[Finding], out: IO[str], *, summary_only: bool = False) -> None:
    """Writes the document; a summary has no changes."""
    head = f'{{"apiVersion": "{API_VERSION}", "kind": "DiffReport", "by": "{report.by.value}"'
    out.write(f"{head},\n{_member('summary', summary_fields(report))}")
    out.write(f",\n{_member('risks', [risk_fields(risk) for risk in report.risks])}")
    out.write(f",\n{_member('namespaces', [_impact(impact) for impact in report.namespaces])}")
    out.write(f",\n{_member('teams', [_impact(impact) for impact in report.teams])}")
    if not summary_only:
        out.write(f",\n{_member('appeared', [end.name for end in report.appeared])}")
        out.write(f",\n{_member('disappeared', [end.name for end in report.disappeared])}")
        for name, changes in (("changes", report.changes), ("replicas", report.replicas)):
            out.write(f',\n"{name}": [')
            separator = "\n"
            for change in changes:
                out.write(separator + json.dumps(change_fields(change), ensure_ascii=False))
                separator = ",\n"
            out.write("\n]")
    out.write(f",\n{_member('findings', findings([*report.notes, *found]))}}}\n")


def _member(name: str, value: Any) -> str:
    return f'"{name}": {json.dumps(value, ensure_ascii=False)}'


def summary_fields(report: DiffReport) -> Json:
    """The counts of a diff."""
    return {
        **{str(kind): report.count(kind) for kind in ChangeKind},
        "replicas": len(report.replicas),
        "risks": len(report.risks),
        "opens": report.opens,
        "closes": report.closes,
    }


def change_fields(change: Change) -> Json:
    """One connection that differs."""
    fields: Json = {
        "change": str(change.kind),
        "src": change.src.name,
        "dst": change.dst.name,
        "before": ports(change.before),
        "after": ports(change.after),
    }
    if change.varies:
        fields["always"] = {"before": ports(change.always_before), "after": ports(change.always_after)}
    if change.risks:
        fields["risks"] = [str(risk) for risk in change.risks]
    fields["causes"] = [_cause(cause) for cause in change.causes]
    fields["decided"] = [_why(why) for why in change.why]
    return fields


def _cause(cause: Cause) -> Json:
    fields: Json = {
        "text": cause.text,
        "policy": str(cause.policy) if cause.policy is not None else "",
        "in": "after" if cause.in_new else "before",
        "origin": origin(cause.origin),
        "other": origin(cause.other),
    }
    return {key: field for key, field in fields.items() if field}


def _why(why: Why) -> Json:
    return {
        "protocol": str(why.protocol),
        "port": why.port,
        "direction": why.direction,
        "before": _decision(why.before),
        "after": _decision(why.after),
    }


def _decision(decision: Decision) -> Json:
    fields: Json = {
        "verdict": "allowed" if decision.allowed else "blocked",
        "reason": str(decision.reason) if decision.reason is not None else "absent",
    }
    if decision.rules:
        fields["rules"] = [
            {
                "policy": str(rule.policy.ref),
                "rule": rule.index,
                "action": str(rule.rule.action),
                "origin": origin(rule.rule.origin),
            }
            for rule in decision.rules
        ]
    if decision.guards:
        fields["policies"] = [
            {"policy": str(policy.ref), "origin": origin(policy.origin)} for policy in decision.guards
        ]
    return fields


def risk_fields(risk: Risk) -> Json:
    """One risk of a diff."""
    return {
        "kind": str(risk.kind),
        "subject": risk.subject,
        "text": risk.text,
        "connections": risk.connections,
        "causes": [_cause(cause) for cause in risk.causes],
    }


def _impact(impact: Impact) -> Json:
    return {"name": impact.name, "added": impact.added, "removed": impact.removed, "changed": impact.changed}
