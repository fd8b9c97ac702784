"""Mutation coverage for people: the score, then by policy what no test depends on, each with a test to add."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import floor

import click

from ringfence.model.icmp import words_of
from ringfence.render.lines import Line, bad, bold, careful, count, good, layout, place
from ringfence.testing.coverage_report import CoverageReport, Equivalent, PlaceCoverage, Status, Survivor
from ringfence.testing.coverage_witness import Change

SHOWN = 3
"""More unnoticed changes than this of one rule are counted, unless every one is asked for."""

_COLOURS = {Status.TESTED: good, Status.PARTLY: careful, Status.UNTESTED: bad, Status.IDLE: careful}


def render(report: CoverageReport, *, every: bool = False) -> str:
    """The report; ``every`` shows all changes of each rule, and the rules that are tested, too."""
    lines: list[str] = []
    for _, places in groupby(report.places, key=lambda each: id(each.place.policy)):
        shown = [each for each in places if every or _worth_showing(each)]
        if shown:
            policy = shown[0].place.policy
            lines += layout([Line(bold(str(policy.ref)), place(policy.origin))])
            lines += [line for each in shown for line in _place(each, every=every)]
            lines.append("")
    lines.append(summary(report))
    lines.append(_rules(report))
    if report.failing:
        fail = "fails" if len(report.failing) == 1 else "fail"
        lines.append(f"{count(len(report.failing), 'test')} {fail} as things stand, and can notice nothing.")
    return "\n".join(lines) + "\n"


def summary(report: CoverageReport) -> str:
    """The score in one line."""
    judged = report.noticed + report.survived
    score = bold(f"{floor(report.percent * 10) / 10:.1f}%")  # never 100 where a change is left
    rest = f"; {report.equivalent:,} more change no connection" if report.equivalent else ""
    return (
        f"Mutation coverage: {score}. Tests notice {report.noticed:,} of {count(judged, 'change')} to policies{rest}."
    )


def _rules(report: CoverageReport) -> str:
    told = [f"{len(found):,} {status}" for status in Status if (found := report.with_status(status))]
    return f"{count(len(report.rules), 'rule')}: {', '.join(told)}." if told else "There are no rules."


def _worth_showing(found: PlaceCoverage) -> bool:
    """Not what is tested; of what has no effect, the rules: that a second policy isolates the same pods is usual."""
    return bool(found.survivors) or (found.status is Status.IDLE and found.place.index is not None)


def _place(found: PlaceCoverage, *, every: bool) -> Iterator[str]:
    status = _COLOURS[found.status](str(found.status))
    yield from layout([Line(f"  {found.name}: {status}", place(found.origin))])
    shown = found.survivors if every else found.survivors[:SHOWN]
    for each in shown:
        yield from _survivor(each)
    if rest := len(found.survivors) - len(shown):
        yield f"    and {count(rest, 'more change')} that no test notices; -v shows all"
    if shown:
        yield f"    {click.style('A test that would notice the first:', dim=True)}"
        yield from (f"      {line}" for line in shown[0].test.splitlines())
    if every:
        for noticed in found.noticed:
            yield f"    {good('✓')} {noticed.mutant.text}: {noticed.case}"
    for same in _same(found, every=every):
        yield f"    = {same.mutant.text}: {same.same.text}"


def _same(found: PlaceCoverage, *, every: bool) -> tuple[Equivalent, ...]:
    if every:
        return found.equivalent
    return found.equivalent[:1] if found.status is Status.IDLE else ()


def _survivor(found: Survivor) -> Iterator[str]:
    yield from layout(
        [Line(f"    {bad('✗')} {found.mutant.text}: {changed(found.change)}", place(found.mutant.origin))]
    )


def changed(change: Change) -> str:
    """``shop/Deployment/web → data/StatefulSet/db on TCP 5432 is cut``."""
    asked = change.connection
    verb = "is cut" if change.allowed else "is opened"
    return f"{asked.source} → {asked.destination} on {words_of(asked.protocol, asked.port)} {verb}"
