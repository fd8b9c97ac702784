"""What the linter found, as a LintReport document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ringfence.lint.fixes import LintFix
from ringfence.lint.run import LintReport
from ringfence.lint.suppressions import Suppressed
from ringfence.lint.text_fixes import replacements
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.render.fix_json import effect, patch
from ringfence.render.json_values import Json, document, finding


def render(report: LintReport, shown: Sequence[Finding], fixes: Sequence[LintFix], snapshot: Snapshot) -> str:
    """The document, indented; ``shown`` are the findings of the report that were asked for, ``fixes`` those of them.

    ``snapshot`` is the input, whose files say which text a fix replaces.
    """
    by_finding = {id(fix.finding): fix for fix in fixes}
    body = document(
        "LintReport",
        summary={
            **{str(severity): sum(each.severity is severity for each in shown) for severity in reversed(Severity)},
            "suppressed": len(report.suppressed),
        },
        rules=[rule.code.code for rule in report.rules],
        idle=[rule.code.code for rule in report.idle],
        findings=[_finding(each, by_finding, snapshot) for each in shown],
        suppressed=[_suppressed(each) for each in report.suppressed],
    )
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _finding(value: Finding, fixes: Mapping[int, LintFix], snapshot: Snapshot) -> Json:
    fix = fixes.get(id(value))
    return finding(value) if fix is None else {**finding(value), "fixes": [fix_fields(fix, snapshot)]}


def fix_fields(value: LintFix, snapshot: Snapshot) -> Json:
    """One fix, with what it opens and closes, and as replacements of text in the files of the input."""
    return {
        "title": value.patch.title,
        "safety": "safe" if value.safe else "unsafe",
        "opens": [effect(each) for each in value.opens],
        "closes": [effect(each) for each in value.closes],
        "patch": patch(value.patch),
        "textEdits": [
            {
                "file": edit.file,
                "startLine": edit.start_line,
                "startColumn": edit.start_column,
                "endLine": edit.end_line,
                "endColumn": edit.end_column,
                "text": edit.text,
            }
            for edit in replacements(value, snapshot)
        ],
    }


def _suppressed(value: Suppressed) -> Json:
    fields: Json = {"finding": finding(value.finding), "reason": value.suppression.reason}
    if value.suppression.owner:
        fields["owner"] = value.suppression.owner
    if value.suppression.until is not None:
        fields["until"] = value.suppression.until.isoformat()
    return fields
