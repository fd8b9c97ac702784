"""A check as a comment on a pull request: what a reviewer decides from first, everything else folded below.

Names and sentences stand where markup and mentions are inert, whatever a manifest calls itself. The comment never
grows past what GitHub takes: tables get shorter until it fits, and say how much they leave out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from ringfence.check.report import Checked, CheckReport, Part, State, TestOutcome
from ringfence.check.summary import Outcome, Row, rows
from ringfence.diff import Cause, Change, DiffReport, Impact
from ringfence.model.origin import Position
from ringfence.render import check_promises, flows_evidence, replay_text
from ringfence.render.diff_groups import RISKS, Entry, Group, groups
from ringfence.render.diff_text import places as cause_places
from ringfence.render.lines import place
from ringfence.render.markdown import code, prose
from ringfence.replay import Replayed, summary as replayed

T = TypeVar("T")

MARKER = "<!-- ringfence check -->"
"""Begins every comment, so that the next run finds it and writes it anew."""

LARGEST = 65_536
"""Characters in the body of a comment on GitHub; GitLab takes a million."""

_STEPS = (200, 100, 50, 25, 12, 6, 3, 1, 0)
"""Rows of each table, until the comment fits."""
_FOLDED = 5
"""More connections than this under one cause are folded."""
_CELL = 400
_DETAILS = 4_000
_TICKS = re.compile(r"`+")
_MARKS = {Outcome.PASSED: "✅", Outcome.FAILED: "❌", Outcome.LEFT_OUT: "⚪"}
_NAMES = {
    Part.DIFF: "Connections",
    Part.FLOWS: "Recorded traffic",
    Part.TESTS: "Promises",
    Part.SCHEMA: "Schema",
    Part.LINT: "Lint",
}


def render(report: CheckReport) -> str:
    """The comment as GitHub-flavoured Markdown, of at most :data:`LARGEST` characters."""
    text, prepared = "", _prepared(report)
    for most in _STEPS:
        text = "\n".join(_Comment(report, prepared, most).lines()) + "\n"
        if len(text) <= LARGEST:
            return text
    return text[: LARGEST - 2] + "…\n"  # even the counts are too long: names of parts and files alone


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is the same however short the tables get: rows of the summary, and changes by their causes."""

    rows: tuple[Row, ...]
    opened: list[Group]
    closed: list[Group]
    replicas: list[Group]


def _prepared(report: CheckReport) -> _Prepared:
    diff = report.diff.report if report.diff is not None else None
    if diff is None:
        return _Prepared(tuple(rows(report)), [], [], [])
    opened = _only(diff, lambda change: bool(change.opened))
    closed = _only(diff, lambda change: bool(change.closed))
    return _Prepared(tuple(rows(report)), opened, closed, groups(replace(diff, changes=())))


def _only(diff: DiffReport, wanted: Callable[[Change], bool]) -> list[Group]:
    return groups(replace(diff, changes=tuple(each for each in diff.changes if wanted(each)), replicas=()))


class _Comment:
    """The comment with at most ``most`` rows in each table."""

    def __init__(self, report: CheckReport, prepared: _Prepared, most: int) -> None:
        self._report = report
        self._prepared = prepared
        self._most = most

    def lines(self) -> Iterator[str]:
        report = self._report
        yield from (MARKER, f"## Ringfence: the check {'fails' if report.failed else 'passes'}", "")
        if report.failed:
            yield from (f"- {prose(failure.text)}" for failure in report.failures)
            yield ""
        yield from ("| | | |", "|---|---|---|")
        for row in self._prepared.rows:
            yield f"| {_MARKS[row.outcome]} | **{_NAMES[row.part]}** {row.outcome} | {_cell(row.text)} |"
        yield ""
        yield from self._risks()
        yield from self._flows()
        yield from self._tests()
        yield from self._groups("What this opens", self._prepared.opened)
        yield from self._groups("What this cuts", self._prepared.closed)
        yield from self._groups("What changes for some replicas only", self._prepared.replicas)
        yield from self._findings()
        yield from self._impact()
        yield from self._asides()
        yield from self._foot()

    # ---- the difference ------------------------------------------------------------------------------------------

    def _risks(self) -> Iterator[str]:
        diff = self._report.diff
        if diff is None:
            return
        if diff.risks:
            yield from ("### Risks", "", "| risk | what | because of |", "|---|---|---|")
            yield from self._rows(
                diff.risks,
                lambda risk: f"| **{RISKS[risk.kind]}** | {_cell(risk.text)} | {self._causes(risk.causes[:3])} |",
            )
            yield ""
        for approved in diff.approved:
            by = ", ".join(filter(None, (approved.approval.owner, _until(approved.approval.until))))
            reason = f"{approved.approval.reason} ({by})" if by else approved.approval.reason
            yield f"- Approved: {_cell(approved.risk.text)} {_cell(reason)}"
        for stale in diff.stale:
            name = code(f"{stale.approval.risk} {stale.approval.subject}"[:_CELL])
            yield f"- The approval of {name} is stale: {prose(stale.why)}."
        if diff.approved or diff.stale:
            yield ""

    def _groups(self, title: str, found: Sequence[Group]) -> Iterator[str]:
        if found:
            yield from (f"### {title}", "")
        shown = found[: self._most]
        for group in shown:
            number = len(group.entries)
            yield from (f"- {self._cause(cause)}" for cause in group.causes[: max(self._most, 1)])
            yield ""
            if number > _FOLDED:
                yield from (f"<details><summary>{number:,} connections</summary>", "")
            yield from ("| from | to | ports |", "|---|---|---|")
            yield from self._rows(group.entries, _entry)
            yield ""
            if number > _FOLDED:
                yield from ("</details>", "")
        if rest := len(found) - len(shown):
            yield from (f"… and {rest:,} more causes", "")

    def _impact(self) -> Iterator[str]:
        report = self._report.diff.report if self._report.diff is not None else None
        if report is None or not report.changes:
            return
        yield from ("<details><summary>By namespace and team</summary>", "")
        for title, impacts in (("namespace", report.namespaces), ("team", report.teams)):
            if impacts:
                yield from (f"| {title} | added | removed | changed |", "|---|---|---|---|")
                yield from self._rows(
                    impacts,
                    lambda each: f"| {_name(each.name)} | {each.added:,} | {each.removed:,} | {each.changed:,} |",
                )
                yield ""
        yield from ("</details>", "")

    def _causes(self, causes: Iterable[Cause]) -> str:
        return "<br>".join(self._cause(cause) for cause in causes)

    def _cause(self, cause: Cause) -> str:
        where = cause_places(cause)
        return f"{_cell(cause.text)} {_name(where)}" if where else _cell(cause.text)

    # ---- recorded traffic ----------------------------------------------------------------------------------------

    def _flows(self) -> Iterator[str]:
        flows = self._report.flows
        if flows is None:
            return
        yield from ("### Recorded traffic", "", prose(replayed(flows.report)), "")
        found = replay_text.groups(flows.report.rows)
        shown = found[: self._most]
        for reasons, members in shown:
            for reason in reasons:
                where = place(reason.origin)
                yield f"- {_cell(reason.text)} {_name(where)}" if where else f"- {_cell(reason.text)}"
            yield from ("", "| | connection | seen |", "|---|---|---|")
            yield from self._rows(members, _replayed)
            yield ""
        if rest := len(found) - len(shown):
            yield from (f"… and {rest:,} more reasons", "")
        for each in flows.report.unjudged[: self._most]:
            yield f"- not judged, {each.edges:,}: {_cell(each.why)}"
        yield from (f"- {_cell(text)}" for text in replay_text.remarks(flows.report))
        yield from ("", "<details><summary>What the records can't tell</summary>", "")
        yield from flows_evidence.markdown(flows.report.evidence)
        yield from ("", "</details>", "")

    # ---- tests ---------------------------------------------------------------------------------------------------

    def _tests(self) -> Iterator[str]:
        failed = self._report.tests.failed if self._report.tests is not None else ()
        if not failed:
            return
        yield from ("### Broken promises", "")
        shown = failed[: self._most]
        for test in shown:
            yield from _test(test)
        if rest := len(failed) - len(shown):
            yield from (f"… and {rest:,} more", "")

    # ---- findings ------------------------------------------------------------------------------------------------

    def _findings(self) -> Iterator[str]:
        lint = self._report.lint
        new = [each for each in lint.shown if each.state is State.NEW]
        old = [each for each in lint.shown if each.state is not State.NEW]
        if new:
            yield from (f"### {'New findings' if lint.compared else 'Findings'}", "")
            yield from self._table(new)
        if old:
            yield from (f"<details><summary>Findings that were there before: {len(old):,}</summary>", "")
            yield from self._table(old)
            yield from ("</details>", "")
        if lint.fixed:
            yield from (f"<details><summary>Findings that this fixes: {len(lint.fixed):,}</summary>", "")
            yield from self._table(lint.fixed, fixed=True)
            yield from ("</details>", "")

    def _table(self, found: Sequence[Checked], *, fixed: bool = False) -> Iterator[str]:
        yield from (f"| finding | what | {'where it was' if fixed else 'where'} |", "|---|---|---|")
        yield from self._rows(found, _finding)
        yield ""

    # ---- the rest ------------------------------------------------------------------------------------------------

    def _asides(self) -> Iterator[str]:
        lint = self._report.lint
        if not lint.suppressed and not lint.stale:
            return
        number = len(lint.suppressed) + len(lint.stale)
        yield from (f"<details><summary>Set aside, or stale: {number:,}</summary>", "")
        for each in lint.suppressed[: self._most]:
            by = ", ".join(filter(None, (each.suppression.owner, _until(each.suppression.until))))
            reason = f"{each.suppression.reason} ({by})" if by else each.suppression.reason
            yield f"- {_name(f'{each.finding.code.code} {each.finding.subject}')}: {_cell(reason)}"
        for entry in lint.stale[: self._most]:
            yield f"- Stale in the baseline file: {code(f'{entry.code} {entry.object}'[:_CELL])}"
        if rest := number - min(len(lint.suppressed), self._most) - min(len(lint.stale), self._most):
            yield f"- … and {rest:,} more"
        yield from ("", "</details>", "")

    def _foot(self) -> Iterator[str]:
        report = self._report
        if report.base is not None:
            commit = f" at {code(report.base.short)}" if report.base.commit else ""
            yield from (f"Compared with {code(report.base.revision[:_CELL])}{commit}.", "")
        for note in report.notes:
            yield f"- {_cell(note)}"

    def _rows(self, values: Sequence[T], row: Callable[[T], str]) -> Iterator[str]:
        yield from (row(value) for value in values[: self._most])
        if (rest := len(values) - self._most) > 0:
            yield f"| … and {rest:,} more | | |"


def _test(test: TestOutcome) -> Iterator[str]:
    before = {None: "", True: " (this change breaks it)", False: " (it failed before, too)"}[test.passed_before]
    yield f"**{_cell(test.name)}**{before} {_name(_place(test.position))}"
    yield from ("", f"> {_cell(check_promises.expects(test))}", "", _cell(check_promises.message(test)), "")
    if text := check_promises.details(test):
        text = text if len(text) <= _DETAILS else f"{text[:_DETAILS]}\n…"
        fence = "`" * max(3, max(map(len, _TICKS.findall(text)), default=0) + 1)
        yield from ("<details><summary>Why</summary>", "", f"{fence}text", text.rstrip(), fence, "", "</details>", "")


def _replayed(each: Replayed) -> str:
    connection = f"{replay_text.ends(each)} {each.protocol} {each.port}"
    return f"| {each.fate.value} | {_name(connection)} | {_cell(replay_text.seen(each))} |"


def _entry(each: Entry) -> str:
    return f"| {_name(each.src)} | {_name(each.dst)} | {_name(each.ports)} |"


def _impact(each: Impact) -> str:
    return f"| {_name(each.name)} | {each.added:,} | {each.removed:,} | {each.changed:,} |"


def _finding(each: Checked) -> str:
    finding = each.finding
    text = _cell(" ".join(filter(None, (finding.what, finding.hint))))
    subject = f"<br>{_name(str(finding.subject))}" if finding.subject is not None else ""
    return f"| {finding.severity} {finding.code.code} | {text} | {_name(_place(finding.origin.position))}{subject} |"


def _place(position: Position) -> str:
    return f"{position.file}:{position.line}" if position.line else position.file


def _name(text: str) -> str:
    """A name in a code span, cut where it is too long."""
    return code(text if len(text) <= _CELL else f"{text[:_CELL]}…") if text else ""


def _cell(text: str) -> str:
    """A sentence for a table or a list, cut where it is too long."""
    return prose(text if len(text) <= _CELL else f"{text[:_CELL]}…")


def _until(date: object) -> str:
    return f"until {date}" if date is not None else ""
