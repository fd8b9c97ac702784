"""A check as a CheckReport document."""

from __future__ import annotations

import json

from ringfence.check.config import Approval
from ringfence.check.report import ApprovedRisk, Checked, CheckReport, DiffPart, LintPart, StaleApproval, TestOutcome
from ringfence.check.summary import rows
from ringfence.model.objects import Snapshot
from ringfence.model.origin import Origin
from ringfence.render import check_promises, replay_data
from ringfence.render.diff_json import change_fields, risk_fields, summary_fields
from ringfence.render.json_values import Json, document, finding, origin
from ringfence.render.lint_json import fix_fields


def render(report: CheckReport) -> str:
    """The document, indented."""
    body = document(
        "CheckReport",
        failed=report.failed,
        config=report.config.file,
        parts=[
            {"part": str(row.part), "outcome": str(row.outcome).replace(" ", "-"), "text": row.text}
            for row in rows(report)
        ],
        failures=[
            {"part": str(failure.part), "kind": failure.kind, "text": failure.text} for failure in report.failures
        ],
        notes=list(report.notes),
    )
    if report.base is not None:
        body["base"] = {"name": report.base.name, **({"commit": report.base.commit} if report.base.commit else {})}
    if report.diff is not None:
        body["diff"] = _diff(report.diff)
    if report.flows is not None:
        body["flows"] = replay_data.body(report.flows.report)
    if report.tests is not None:
        body["tests"] = [_outcome(each) for each in report.tests.outcomes]
    body["lint"] = _lint(report.lint, report.snapshot)
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _diff(part: DiffPart) -> Json:
    report = part.report
    return {
        "summary": summary_fields(report),
        "risks": [risk_fields(risk) for risk in part.risks],
        "approved": [_approved(each) for each in part.approved],
        "staleApprovals": [_stale(each) for each in part.stale],
        "changes": [change_fields(change) for change in report.changes],
        "replicas": [change_fields(change) for change in report.replicas],
    }


def _approved(value: ApprovedRisk) -> Json:
    return {"risk": risk_fields(value.risk), **_approval(value.approval)}


def _approval(value: Approval) -> Json:
    fields: Json = {"reason": value.reason}
    if value.owner:
        fields["owner"] = value.owner
    if value.until is not None:
        fields["until"] = value.until.isoformat()
    return fields


def _stale(value: StaleApproval) -> Json:
    return {
        "kind": str(value.approval.risk),
        "subject": value.approval.subject,
        "why": value.why,
        "origin": origin(Origin(value.approval.at)),
        **_approval(value.approval),
    }


def _outcome(value: TestOutcome) -> Json:
    fields: Json = {
        "suite": value.suite,
        "name": value.name,
        "passed": value.passed,
        "origin": origin(Origin(value.position)),
    }
    if value.passed_before is not None:
        fields["passedBefore"] = value.passed_before
    for key, text in (
        ("expects", check_promises.expects(value)),
        ("message", check_promises.message(value)),
        ("details", check_promises.details(value)),
    ):
        if text:
            fields[key] = text
    return fields


def _lint(part: LintPart, snapshot: Snapshot) -> Json:
    return {
        "rules": [rule.code.code for rule in part.rules],
        "idle": [rule.code.code for rule in part.idle],
        "findings": [_checked(each, snapshot) for each in part.findings],
        "fixed": [_checked(each, snapshot) for each in part.fixed],
        "suppressed": [
            {
                "finding": finding(each.finding),
                "fingerprint": each.fingerprint,
                "reason": each.suppression.reason,
                **({"owner": each.suppression.owner} if each.suppression.owner else {}),
                **({"until": each.suppression.until.isoformat()} if each.suppression.until is not None else {}),
            }
            for each in part.suppressed
        ],
        "staleBaseline": [
            {"fingerprint": each.fingerprint, "code": each.code, "object": each.object, "what": each.what}
            for each in part.stale
        ],
    }


def _checked(value: Checked, snapshot: Snapshot) -> Json:
    fixes = {"fixes": [fix_fields(value.fix, snapshot)]} if value.fix is not None else {}
    return {
        "finding": {**finding(value.finding), **fixes},
        "fingerprint": value.fingerprint,
        "state": str(value.state),
        "inBaselineFile": value.known,
    }
