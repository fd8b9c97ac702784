"""What came of policy tests, for people: failed tests with their counter-examples, then how many passed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import click

from ringfence.render import testing_words as words, why_text
from ringfence.render.lines import bad, bold, careful, count, good, place
from ringfence.render.testing_cases import UNCERTAIN, kind_of
from ringfence.testing.report import Result, TestReport

_INDENT = "    "


def render(report: TestReport, *, every: bool = False) -> str:
    """The report; ``every`` lists the tests that passed, too."""
    lines: list[str] = []
    for suite, results in groupby(report.results, key=lambda result: result.planned.suite):
        shown = [result for result in results if every or not result.passed]
        if shown:
            lines += [bold(suite.name), *(line for result in shown for line in _result(result)), ""]
    lines.append(_summary(report))
    return "\n".join(lines) + "\n"


def _result(result: Result) -> Iterator[str]:
    case = result.planned.case
    where = click.style(place(case.origin), dim=True)
    if result.passed:
        yield f"  {good('✓')} {case.name}"
        yield from (f"{_INDENT}{note}" for note in result.planned.notes)
        return
    mark = careful("?") if kind_of(result) == UNCERTAIN else bad("✗")
    yield f"  {mark} {case.name}  {where}"
    yield f"{_INDENT}{words.promise(case)}"
    if case.reason:
        yield f"{_INDENT}Reason: {case.reason}"
    for text in filter(None, (words.counter_example(result), words.extent(result), *result.planned.notes)):
        yield f"{_INDENT}{text}"
    if result.failure is not None and result.failure.why is not None:
        yield ""
        explained = why_text.render(result.failure.why, notes=False).rstrip("\n")
        yield from (f"{_INDENT}  {line}".rstrip() for line in explained.split("\n"))
        yield ""


def _summary(report: TestReport) -> str:
    failed = report.failed
    passed = len(report.results) - len(failed)
    unsure = sum(kind_of(result) == UNCERTAIN for result in failed)
    suites = len({id(result.planned.suite) for result in report.results})
    of = count(len(report.results), "test") + (f" in {count(suites, 'suite')}" if suites > 1 else "")
    if not failed:
        return good(f"{of}: all passed.")
    text = bad(f"{len(failed):,} failed")
    if unsure:
        text += f" ({unsure:,} of which can't be decided)"
    return f"{of}: {passed:,} passed, {text}."
