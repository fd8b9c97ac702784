"""A check for people: what differs, which promises are broken, what was found; the summary last, where a log ends."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

import click

from ringfence.check.report import Checked, CheckReport, Part, State
from ringfence.check.summary import Outcome, rows
from ringfence.model.finding import Severity
from ringfence.render import check_promises, diff_text, replay_text
from ringfence.render.lines import bad, bold, careful, count, good

SHOWN = 10
"""More findings of one rule, and more failed tests, than this are counted, unless every one is asked for."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_MARKS = {Outcome.PASSED: good, Outcome.FAILED: bad, Outcome.LEFT_OUT: careful}
_NAMES = {Part.DIFF: "difference", Part.FLOWS: "flows", Part.TESTS: "tests", Part.SCHEMA: "schema", Part.LINT: "lint"}


def render(report: CheckReport, *, every: bool = False) -> Iterator[str]:
    """The lines of the answer; ``every`` shows all of everything."""
    if report.diff is not None and (report.diff.report.differs or report.diff.stale):
        yield from _title(f"Difference to {_base(report)}")
        yield from _difference(report, every=every)
        yield ""
    if report.flows is not None:
        yield from _title("Recorded traffic")
        yield from replay_text.render(report.flows.report, every=every)
        yield ""
    if report.tests is not None and report.tests.failed:
        yield from _title("Broken promises")
        yield from _tests(report, every=every)
        yield ""
    for part, title in ((Part.SCHEMA, "Schema"), (Part.LINT, "Lint")):
        found = [each for each in report.lint.shown if each.part is part]
        if found:
            yield from _title(title)
            yield from _findings(found, compared=report.lint.compared, every=every)
            yield ""
    stale = [f"{each.code} of {each.object or 'the input'}" for each in report.lint.stale]
    if stale:
        shown = stale if every else stale[:SHOWN]
        more = f" and {len(stale) - len(shown)} more" if len(shown) < len(stale) else ""
        yield f"Stale in the baseline file, write it again: {', '.join(shown)}{more}."
        yield ""
    yield from _summary(report)


def _title(text: str) -> Iterator[str]:
    yield bold(text)
    yield bold("─" * len(text))


def _base(report: CheckReport) -> str:
    if report.base is None:
        return "the base"
    return f"{report.base.name} ({report.base.short})" if report.base.commit else report.base.name


def _difference(report: CheckReport, *, every: bool) -> Iterator[str]:
    assert report.diff is not None  # noqa: S101 -- the caller has asked
    yield from diff_text.render(report.diff.report, every=every)
    for approved in report.diff.approved:
        owner = f", {approved.approval.owner}" if approved.approval.owner else ""
        yield f"Approved: {approved.risk.text} ({approved.approval.reason}{owner})"
    for stale in report.diff.stale:
        where = f"{stale.approval.at}: " if stale.approval.at.file else ""
        yield f"{where}The approval of {stale.approval.risk} for {stale.approval.subject} is stale: {stale.why}."


def _tests(report: CheckReport, *, every: bool) -> Iterator[str]:
    assert report.tests is not None  # noqa: S101 -- the caller has asked
    failed = report.tests.failed
    shown = failed if every else failed[:SHOWN]
    for each in shown:
        before = "" if each.passed_before is None else " (this change breaks it)" if each.broken else " (before, too)"
        yield f"{bad('✗')} {bold(each.name)}{before}  {click.style(str(each.position), dim=True)}"
        yield f"  {check_promises.expects(each)}"
        yield f"  {check_promises.message(each)}"
        if text := check_promises.details(each):
            yield indent(text, "    ")
    if rest := len(failed) - len(shown):
        yield f"and {rest:,} more; -v shows all"


def _findings(found: list[Checked], *, compared: bool, every: bool) -> Iterator[str]:
    by_code: dict[str, list[Checked]] = {}
    for each in found:
        by_code.setdefault(each.finding.code.code, []).append(each)
    for code, members in by_code.items():
        ordered = sorted(members, key=lambda each: each.state is not State.NEW)
        shown = ordered if every else ordered[:SHOWN]
        for each in shown:
            yield from _finding(each, compared=compared)
        if rest := len(ordered) - len(shown):
            yield f"and {rest:,} more {code}; -v shows all"


def _finding(each: Checked, *, compared: bool) -> Iterator[str]:
    finding = each.finding
    place = f"{finding.origin.position}: " if finding.origin.position.file else ""
    severity = click.style(f"{finding.code.code} {finding.severity}:", fg=_COLOURS[finding.severity], bold=True)
    subject = f"{finding.subject}: " if finding.subject is not None and str(finding.subject) not in finding.what else ""
    state = f" [{each.state}]" if compared else ""
    yield f"{place}{severity} {subject}{finding.what}{state}"
    if finding.hint:
        yield f"  → {finding.hint}"


def _summary(report: CheckReport) -> Iterator[str]:
    for note in report.notes:
        yield f"Note: {note}"
    if report.notes:
        yield ""
    width = max(len(name) for name in _NAMES.values())
    mark = max(len(str(outcome)) for outcome in Outcome)
    for row in rows(report):
        pad = " " * (mark - len(str(row.outcome)))
        yield f"{_NAMES[row.part]:<{width}}  {_MARKS[row.outcome](str(row.outcome))}{pad}  {row.text}"
    if report.failed:
        reasons = " ".join(failure.text for failure in report.failures)
        yield f"{bad('The check fails.')} {reasons}"
    else:
        left_out = [row for row in rows(report) if row.outcome is Outcome.LEFT_OUT]
        but = f" {count(len(left_out), 'part')} left out." if left_out else ""
        yield f"{good('The check passes.')}{but}"
