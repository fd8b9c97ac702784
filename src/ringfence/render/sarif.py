"""A check as SARIF, which GitHub's code scanning and editors read.

Source: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS; the paragraphs are named below.
Findings that are fixed (``absent``) are left out: code scanning would open alerts for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

from ringfence import __version__
from ringfence.check.report import Checked, CheckReport, State, TestOutcome
from ringfence.check.summary import Outcome, rows
from ringfence.diff import Risk, RiskKind
from ringfence.fix.text_edits import TextEdit
from ringfence.lint.fixes import LintFix
from ringfence.lint.pages import markdown, sections, title
from ringfence.lint.registry import RULES, LintRule
from ringfence.lint.text_fixes import replacements
from ringfence.model.finding import Code, Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.model.origin import Position
from ringfence.render import check_promises, flows_check
from ringfence.render.check_places import NOWHERE, Places
from ringfence.render.diff_groups import RISKS
from ringfence.render.diff_text import places as cause_places
from ringfence.render.json_values import Json
from ringfence.replay import Fate

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "ringfence/v1"
LINE_HASH = "primaryLocationLineHash"
"""The only fingerprint that GitHub's code scanning compares; without one it hashes the lines around the place."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_FAMILIES = {
    "RF0": "input",
    "RF1": "validity",
    "RF2": "selection",
    "RF3": "cuts",
    "RF4": "exposure",
    "RF5": "redundancy",
}
_TEST_RULE = "policy-test"
_RISK_HELP = {
    RiskKind.TO_INTERNET: "A way to public addresses opens, or more ports of one.",
    RiskKind.FROM_INTERNET: "A way from public addresses opens, or more ports of one.",
    RiskKind.CUTS_DNS: "A workload may not ask the cluster's DNS any more on a port that it listens on.",
    RiskKind.CROSSES_TEAMS: "A way opens between namespaces of two owners.",
    RiskKind.UNISOLATED: "Policies isolated every pod of a namespace for a direction, and now don't.",
}


def render(report: CheckReport) -> str:
    """The log, indented, with one run."""
    results = list(_results(report, Places(report)))
    rules = [rule for rule in _rules(report) if any(rule["id"] == result["ruleId"] for result in results)]
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = numbers[result["ruleId"]]
    run = {
        "tool": {"driver": {"name": "ringfence", "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": "ringfence/check/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _invocation(report: CheckReport) -> Json:
    """§3.20: the check itself ran well, whatever it found; parts that were left out are notifications."""
    told = [f"{row.part} was left out: {row.text}." for row in rows(report) if row.outcome is Outcome.LEFT_OUT]
    fields: Json = {"executionSuccessful": True, "exitCode": int(report.failed)}
    if notices := [*told, *report.notes]:
        fields["toolExecutionNotifications"] = [{"level": "note", "message": {"text": text}} for text in notices]
    return fields


# ---- rules (§3.49) --------------------------------------------------------------------------------------------------


def _rules(report: CheckReport) -> Iterator[Json]:
    codes = {each.finding.code for each in report.lint.findings}
    codes |= {each.finding.code for each in report.lint.suppressed}
    yield from (_rule(rule) for rule in RULES if rule.code in codes)
    for kind in RiskKind:
        text = _RISK_HELP[kind]
        yield _plain_rule(_risk_rule(kind), f"Risk: {RISKS[kind]}", text)
    yield from (_plain_rule(*rule) for rule in flows_check.RULES.values())
    help_text = "A policy test states what must be allowed or denied; this one finds that it is not so."
    yield _plain_rule(_TEST_RULE, "Broken promise", help_text)


def _rule(rule: LintRule) -> Json:
    page = sections(rule)
    return {
        "id": rule.code.code,
        "name": rule.code.slug,
        "shortDescription": {"text": title(rule)},
        "fullDescription": {"text": " ".join(page["What it does"].split())},
        "help": {"text": " ".join(page["Why it matters"].split()), "markdown": markdown(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.code.severity]},
        "properties": {"tags": ["network-policy", _family(rule.code)]},
    }


def _family(code: Code) -> str:
    names = {
        "RF0": "input",
        "RF1": "validity",
        "RF2": "selection",
        "RF3": "cuts",
        "RF4": "exposure",
        "RF5": "redundancy",
    }
    return names.get(code.code[:3], "hygiene")


def _plain_rule(name: str, short: str, text: str) -> Json:
    return {
        "id": name,
        "name": name,
        "shortDescription": {"text": short},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["network-policy"]},
    }


def _risk_rule(kind: RiskKind) -> str:
    return f"risk-{kind}"


# ---- results (§3.27) ------------------------------------------------------------------------------------------------


def _results(report: CheckReport, places: Places) -> Iterator[Json]:
    if report.diff is not None:
        yield from (_risk(risk, places) for risk in report.diff.risks)
        for each in report.diff.approved:
            why = _because(each.approval.reason, each.approval.owner)
            yield {**_risk(each.risk, places), "suppressions": [_external(why)]}
    for problem in flows_check.problems(report, places):
        level = "error" if problem.failing else "warning" if problem.fate is not Fate.OPENED else "note"
        text = f"{problem.text}\n{problem.details}"
        yield _result(problem.rule, level, text, problem.position, places, _hashed(problem.rule, problem.key))
    for test in report.tests.failed if report.tests is not None else ():
        yield _promise(test, places)
    severity = report.lint.severity
    for found in report.lint.findings:
        if found.finding.severity >= severity:
            yield _finding(report, found, places)
    for aside in report.lint.suppressed:
        finding = aside.finding
        result = _of_finding(finding, aside.fingerprint, places)
        why = (
            f"{aside.suppression.reason} ({owner})" if (owner := aside.suppression.owner) else aside.suppression.reason
        )
        place = _location(places.of(aside.suppression.origin.position), places)
        yield {**result, "suppressions": [{**_suppression("inSource", why), "location": place}]}


def _promise(test: TestOutcome, places: Places) -> Json:
    """At the rule that breaks it, since that is what a pull request shows; the test is a related place (§3.27.22)."""
    text = " ".join(filter(None, (f"{test.name}: {check_promises.message(test)}", check_promises.expects(test))))
    rule, written = places.of(check_promises.place(test)), places.of(test.position)
    place = rule if rule.file else written
    fields = _result(_TEST_RULE, "error", text, place, places, _hashed(test.suite, test.name))
    fields["relatedLocations"] = [{**_location(written, places), "message": {"text": "The promise"}}]
    if test.passed_before is not None:
        fields["baselineState"] = str(State.NEW if test.passed_before else State.UNCHANGED)
    return fields


def _finding(report: CheckReport, found: Checked, places: Places) -> Json:
    fields = _of_finding(found.finding, found.fingerprint, places)
    if report.lint.compared:
        fields["baselineState"] = str(found.state)
    if found.known:
        file = report.config.baseline.path if report.config.baseline is not None else ""
        fields["suppressions"] = [_external(f"Listed in {file}.")]
    elif found.fix is not None and (fixes := list(_fix(found.fix, report.snapshot, places))):
        fields["fixes"] = fixes
    return fields


def _of_finding(finding: Finding, fingerprint: str, places: Places) -> Json:
    text = " ".join(filter(None, (finding.what, finding.why, finding.hint)))
    position = places.of(finding.origin.position)
    level = _LEVELS[finding.severity]
    name = str(finding.subject) if finding.subject is not None else ""
    return _result(finding.code.code, level, text, position, places, fingerprint, name)


def _risk(risk: Risk, places: Places) -> Json:
    causes = [f"{cause.text}: {cause_places(cause)}".rstrip(": ") for cause in risk.causes]
    text = " ".join([risk.text, *(f"{cause}." for cause in causes)])
    found = (places.of_cause(cause) for cause in risk.causes)
    position = next((place for place in found if place.file), NOWHERE)
    fingerprint = _hashed(str(risk.kind), risk.subject)
    return _result(_risk_rule(risk.kind), "error", text, position, places, fingerprint, risk.subject)


def _result(
    rule: str, level: str, text: str, position: Position, places: Places, fingerprint: str, name: str = ""
) -> Json:
    location = _location(position, places)
    if name:
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": text.replace("](", "] (")},  # §3.11.6: else a link, whoever wrote it
        "locations": [location],
        "partialFingerprints": {FINGERPRINT: fingerprint, LINE_HASH: f"{fingerprint}:1"},
    }


def _location(position: Position, places: Places) -> Json:
    """§3.28. Code scanning needs a place: what has none in the work tree is shown at the configuration."""
    at = position if position.file else places.config
    physical: Json = {"artifactLocation": _artifact(at.file)}
    if at.line:
        physical["region"] = {"startLine": at.line, **({"startColumn": at.column} if at.column else {})}
    return {"physicalLocation": physical}


def _artifact(path: str) -> Json:
    """§3.4: a relative reference, its characters escaped (RFC 3986)."""
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def _because(reason: str, owner: str) -> str:
    return f"{reason} ({owner})" if owner else reason


def _external(why: str) -> Json:
    return _suppression("external", why)


def _suppression(kind: str, why: str) -> Json:
    """§3.35."""
    return {"kind": kind, "status": "accepted", "justification": why}


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


# ---- fixes (§3.55) --------------------------------------------------------------------------------------------------


def _fix(fix: LintFix, snapshot: Snapshot, places: Places) -> Iterator[Json]:
    """The patch as replacements of text; one for what was printed by a program, or read from JSON, has none."""
    by_file: dict[str, list[TextEdit]] = {}
    for edit in replacements(fix, snapshot):
        by_file.setdefault(places.of(Position(edit.file)).file, []).append(edit)
    if by_file and "" not in by_file:
        changes = [
            {"artifactLocation": _artifact(file), "replacements": [_replacement(edit) for edit in members]}
            for file, members in by_file.items()
        ]
        yield {"description": {"text": _effects(fix)}, "artifactChanges": changes}


def _effects(fix: LintFix) -> str:
    if not fix.opens and not fix.closes:
        return f"{fix.patch.title}. No connection changes."
    numbers = [
        f"{word} {pairs:,} pair{'s' * (pairs != 1)} of pods"
        for word, effects in (("opens", fix.opens), ("closes", fix.closes))
        if (pairs := sum(effect.pairs for effect in effects))
    ]
    return f"{fix.patch.title}. It {' and '.join(numbers)}."


def _replacement(edit: TextEdit) -> Json:
    region = {
        "startLine": edit.start_line,
        "startColumn": edit.start_column,
        "endLine": edit.end_line,
        "endColumn": edit.end_column,
    }
    return {"deletedRegion": region, **({"insertedContent": {"text": edit.text}} if edit.text else {})}
