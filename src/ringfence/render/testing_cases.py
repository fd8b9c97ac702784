"""What came of policy tests, for the formats of test results and for GitHub's annotations."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ringfence.model.finding import Finding, Severity
from ringfence.render import testing_words as words, why_text
from ringfence.render.github import Annotation, Level
from ringfence.render.testcase import Status, TestCase
from ringfence.testing.report import Result, TestReport

UNCERTAIN = "uncertain"
"""The kind of a failure where the input can't say whether the promise is kept."""


def kind_of(result: Result) -> str:
    """``not-allowed``, ``not-denied`` or ``uncertain``; empty for a test that passed."""
    if result.failure is None:
        return ""
    return UNCERTAIN if result.failure.uncertain and result.failure.examples else f"not-{result.planned.expect}"


def cases(report: TestReport) -> Iterator[TestCase]:
    """Each test as one check."""
    for result in report.results:
        planned = result.planned
        yield TestCase(
            planned.suite.name,
            planned.case.name,
            Status.PASSED if result.passed else Status.FAILED,
            words.counter_example(result),
            "" if result.passed else "\n".join(_details(result)),
            kind_of(result),
            planned.case.origin.position,
        )


def _details(result: Result) -> Iterator[str]:
    yield words.promise(result.planned.case)
    if result.planned.case.reason:
        yield f"Reason: {result.planned.case.reason}"
    yield from filter(None, (words.counter_example(result), words.extent(result), *result.planned.notes))
    if result.failure is not None and result.failure.why is not None:
        yield ""
        yield click.unstyle(why_text.render(result.failure.why, notes=False)).rstrip("\n")


def annotated(report: TestReport, findings: tuple[Finding, ...]) -> Iterator[Annotation]:
    """Each failed test, at the rule that brings it about where there is one, else where the test is written.

    A change of policies is reviewed where the policies are; the tests seldom change with them. Errors of the input come
    first: a test may fail for them.
    """
    yield from (Annotation.of(finding) for finding in findings if finding.severity is Severity.ERROR)
    for result in report.failed:
        case = result.planned.case
        place = words.culprit(result.failure) if result.failure is not None else None
        lines = [words.promise(case), words.counter_example(result), words.extent(result)]
        if case.reason:
            lines.append(f"Reason: {case.reason}")
        lines.append(f"The test: {case.origin}")
        title = f"{result.planned.suite.name}: {case.name}"
        position = (place or case.origin).position
        yield Annotation(Level.ERROR, "\n".join(filter(None, lines)), position, title)
