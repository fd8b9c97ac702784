"""One line for each part of a check: what every format begins with."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.check.linting import counted
from ringfence.check.report import CheckReport, DiffPart, LintPart, Part, State, TestsPart, part_of
from ringfence.diff import ChangeKind
from ringfence.model.finding import Severity
from ringfence.replay import summary as replayed


class Outcome(enum.Enum):
    """What a part came to."""

    PASSED = "passed"
    FAILED = "failed"
    LEFT_OUT = "left out"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Row:
    """One part: ``text`` says in a few words what was found, or why it was left out."""

    part: Part
    outcome: Outcome
    text: str


def rows(report: CheckReport) -> Iterator[Row]:
    """Every part, also those that were left out."""
    failing = {failure.part for failure in report.failures}
    left_out = {each.part: each.why for each in report.left_out}
    for part in Part:
        if part is Part.FLOWS and report.flows is None:
            continue  # most repositories have no records of traffic: that is nothing left out
        text = _text(report, part)
        if text is None:
            yield Row(part, Outcome.LEFT_OUT, left_out.get(part, "not configured"))
            continue
        if part in left_out:
            text += f"; {left_out[part]}"
        yield Row(part, Outcome.FAILED if part in failing else Outcome.PASSED, text)


def _text(report: CheckReport, part: Part) -> str | None:
    match part:
        case Part.DIFF:
            return _diff(report.diff) if report.diff is not None else None
        case Part.FLOWS:
            return replayed(report.flows.report).rstrip(".") if report.flows is not None else None
        case Part.TESTS:
            return _tests(report.tests) if report.tests is not None else None
        case _:
            return _findings(report.lint, part)


def _diff(part: DiffPart) -> str:
    report = part.report
    numbers = [(report.count(kind), str(kind)) for kind in ChangeKind]
    told = [f"{number:,} {word}" for number, word in numbers if number]
    if not told:
        text = "some replicas' connections differ" if report.replicas else "no connection differs"
    else:
        text = "connections: " + ", ".join(told)
    if part.risks:
        text += f"; {_count(len(part.risks), 'risk')}"
    if part.approved:
        text += f"; {_count(len(part.approved), 'approved risk')}"
    return text


def _tests(part: TestsPart) -> str:
    failed = len(part.failed)
    if not failed:
        return f"{_count(len(part.outcomes), 'test')} passed"
    text = f"{failed:,} of {_count(len(part.outcomes), 'test')} failed"
    broken = sum(each.broken for each in part.failed)
    if broken < failed and any(each.passed_before is not None for each in part.failed):
        text += f", {broken:,} of them by this change"
    return text


def _findings(lint: LintPart, part: Part) -> str:
    found = [each for each in lint.shown if each.part is part]
    numbers = counted(found)
    told = [_count(numbers[str(each)], str(each)) for each in sorted(Severity, reverse=True) if numbers[str(each)]]
    text = ", ".join(told) or "nothing found"
    new = sum(each.state is State.NEW for each in found)
    if found and lint.compared and new < len(found):
        text += f" ({new:,} new)"
    more = (
        (sum(each.part is part for each in lint.known), "in the baseline file"),
        (sum(part_of(each.finding.code) is part for each in lint.suppressed), "suppressed"),
        (sum(each.part is part for each in lint.fixed), "fixed"),
    )
    return text + "".join(f"; {number:,} {what}" for number, what in more if number)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
