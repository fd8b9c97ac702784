"""What the linter found, as a LintReport document."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ringfence.lint.run import LintReport
from ringfence.lint.suppressions import Suppressed
from ringfence.model.finding import Finding, Severity
from ringfence.render.json_values import Json, document, finding, findings


def render(report: LintReport, shown: Sequence[Finding]) -> str:
    """The document, indented; ``shown`` are the findings of the report that were asked for."""
    body = document(
        "LintReport",
        summary={
            **{str(severity): sum(each.severity is severity for each in shown) for severity in reversed(Severity)},
            "suppressed": len(report.suppressed),
        },
        rules=[rule.code.code for rule in report.rules],
        idle=[rule.code.code for rule in report.idle],
        findings=findings(shown),
        suppressed=[_suppressed(each) for each in report.suppressed],
    )
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _suppressed(value: Suppressed) -> Json:
    fields: Json = {"finding": finding(value.finding), "reason": value.suppression.reason}
    if value.suppression.until is not None:
        fields["until"] = value.suppression.until.isoformat()
    return fields
