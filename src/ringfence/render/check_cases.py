"""A check as test results (JUnit) and as annotations (GitHub): one entry for each finding, risk and policy test."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.check.report import Checked, CheckReport, Part, State
from ringfence.check.summary import Outcome, Row, rows
from ringfence.diff import Risk
from ringfence.model.finding import Severity
from ringfence.model.origin import Position
from ringfence.render import check_promises, flows_check, github as workflow, junit as xml
from ringfence.render.check_places import NOWHERE, Places
from ringfence.render.diff_groups import RISKS
from ringfence.render.diff_text import places as cause_places
from ringfence.render.github import Annotation, Level
from ringfence.render.testcase import Status, TestCase


def junit(report: CheckReport) -> str:
    """The report as JUnit XML: a suite a part. A part that was left out is a skipped test."""
    return xml.render(_cases(report))


def github(report: CheckReport) -> str:
    """The report as workflow commands. The first says why it fails; what the baseline file lists is left out."""
    return workflow.render(_annotations(report))


# ---- JUnit ----------------------------------------------------------------------------------------------------------


def _cases(report: CheckReport) -> Iterator[TestCase]:
    places = Places(report)
    for row in rows(report):
        if row.outcome is Outcome.LEFT_OUT:
            yield TestCase(str(row.part), str(row.part), Status.SKIPPED, row.text, kind="left-out")
            continue
        found = list(_failed(report, row, places))
        passed = [each for each in _tests(report, places) if each.status is Status.PASSED] if _is_tests(row) else []
        yield from found
        yield from passed
        if not found and not passed:
            yield TestCase(str(row.part), row.text, Status.PASSED)


def _is_tests(row: Row) -> bool:
    return row.part is Part.TESTS


def _failed(report: CheckReport, row: Row, places: Places) -> Iterator[TestCase]:
    """What a part found that fails it. What fails nothing, such as a warning below the limit, is no failed test."""
    if row.outcome is not Outcome.FAILED:
        return
    match row.part:
        case Part.TESTS:
            yield from (each for each in _tests(report, places) if each.status is Status.FAILED)
        case Part.DIFF:
            yield from _differences(report, places)
        case Part.FLOWS:
            yield from _flows(report, places)
        case _:
            for each in report.lint.shown:
                if each.part is row.part and fails(report, each):
                    finding = each.finding
                    name = f"{finding.code.code} {finding.subject or finding.origin.position.file} {each.fingerprint}"
                    details = "\n".join(filter(None, (str(finding), finding.why)))
                    place = places.of(finding.origin.position)
                    message = finding.what
                    yield TestCase(
                        str(row.part), name, Status.FAILED, message, details, finding.code.slug, position=place
                    )


def fails(report: CheckReport, each: Checked) -> bool:
    """Whether a finding is one that the check fails on."""
    limit = report.config.fail_on.lint
    if limit is None and each.part is Part.SCHEMA:
        limit = Severity.ERROR
    return limit is not None and not each.known and each.finding.severity >= limit


def _differences(report: CheckReport, places: Places) -> Iterator[TestCase]:
    assert report.diff is not None  # noqa: S101 -- a part that failed was not left out
    for risk in report.diff.risks:
        place = _place(risk, places)
        name = f"{risk.kind} {risk.subject}"
        yield TestCase("diff", name, Status.FAILED, risk.text, _causes(risk), str(risk.kind), place)
    for failure in report.failures:
        if failure.part is Part.DIFF and failure.kind != "risk":
            yield TestCase("diff", failure.text, Status.FAILED, failure.text, kind="difference")


def _flows(report: CheckReport, places: Places) -> Iterator[TestCase]:
    for each in flows_check.problems(report, places):
        if each.failing:
            yield TestCase("flows", each.key, Status.FAILED, each.text, each.details, each.rule, each.position)
    for failure in report.failures:
        if failure.part is Part.FLOWS and failure.kind == "unjudged":
            yield TestCase("flows", failure.text, Status.FAILED, failure.text, kind="flows-unjudged")


def _tests(report: CheckReport, places: Places) -> Iterator[TestCase]:
    for each in report.tests.outcomes if report.tests is not None else ():
        place = places.of(each.position)
        if each.passed:
            yield TestCase(each.suite, each.name, Status.PASSED, position=place)
        else:
            message, details = check_promises.message(each), check_promises.whole(each)
            yield TestCase(each.suite, each.name, Status.FAILED, message, details, "promise", place)


# ---- GitHub ---------------------------------------------------------------------------------------------------------


def _annotations(report: CheckReport) -> Iterator[Annotation]:
    places = Places(report)
    if report.failed:
        yield Annotation(Level.ERROR, " ".join(failure.text for failure in report.failures), NOWHERE, "ringfence check")
    if report.diff is not None:
        failing = any(failure.part is Part.DIFF for failure in report.failures)
        for risk in report.diff.risks:
            level = Level.ERROR if failing else Level.WARNING
            text = "\n".join(filter(None, (risk.text, _causes(risk))))
            yield Annotation(level, text, _place(risk, places), f"Risk: {RISKS[risk.kind]}")
        for stale in report.diff.stale:
            text = f"The approval of {stale.approval.risk} for {stale.approval.subject} is stale: {stale.why}."
            yield Annotation(Level.NOTICE, text, places.of(stale.approval.at), "Stale approval")
    for problem in flows_check.problems(report, places):
        level = Level.ERROR if problem.failing else Level.WARNING
        title = flows_check.RULES[problem.fate][1]
        yield Annotation(level, f"{problem.text}\n{problem.details}", problem.position, title)
    for test in report.tests.failed if report.tests is not None else ():
        text = f"{check_promises.whole(test)}\nThe test: {test.position}"
        title = f"Promise {'broken by this change' if test.broken else 'broken'}: {test.name}"
        place = places.of(check_promises.place(test))
        yield Annotation(Level.ERROR, text, place if place.file else places.of(test.position), title)
    for each in report.lint.shown:
        yield _of_finding(report, each, places)


def _of_finding(report: CheckReport, each: Checked, places: Places) -> Annotation:
    made = Annotation.of(each.finding)
    new = " (new)" if report.lint.compared and each.state is State.NEW else ""
    level = Level.ERROR if fails(report, each) else min(made.level, Level.WARNING, key=_rank)
    return Annotation(level, made.message, places.of(made.position), f"{made.title}{new}")


def _rank(level: Level) -> int:
    """Lowest for the mildest level: what fails nothing is shown as a warning at most."""
    return -list(Level).index(level)


# ---- risks ----------------------------------------------------------------------------------------------------------


def _place(risk: Risk, places: Places) -> Position:
    return next((found for cause in risk.causes if (found := places.of_cause(cause)).file), NOWHERE)


def _causes(risk: Risk) -> str:
    return "\n".join(f"{cause.text}: {cause_places(cause)}".rstrip(": ") for cause in risk.causes)
