"""What the linter found, as text: ``file:line:column`` first, as editors and grep like it; the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from ringfence.lint.pages import title
from ringfence.lint.registry import LintRule
from ringfence.lint.run import LintReport
from ringfence.model.finding import Finding, Severity
from ringfence.render.lines import count

if TYPE_CHECKING:
    from ringfence.lint.together import Together

SHOWN = 10
"""More findings of one rule than this are counted, unless every one is asked for."""

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_EVIDENCE = 6


def render(report: LintReport, findings: Sequence[Finding], *, every: bool = False) -> Iterator[str]:
    """``findings`` are those of the report that are to be shown. Why they matter is said once a rule."""
    for _, group in groupby(findings, key=lambda finding: finding.code.code):
        of_rule = list(group)
        shown = of_rule if every else of_rule[:SHOWN]
        reason = ""
        for finding in shown:
            yield from _finding(finding, again=finding.why == reason, every=every)
            reason = finding.why
        if rest := len(of_rule) - len(shown):
            yield f"and {rest:,} more {of_rule[0].code.code}; -v shows all"
    yield _counts(report, findings)


def _finding(finding: Finding, *, again: bool, every: bool) -> Iterator[str]:
    position = str(finding.origin.position)
    severity = click.style(f"{finding.code.code} {finding.severity}:", fg=_COLOURS[finding.severity], bold=True)
    subject = f"{finding.subject}: " if finding.subject is not None and str(finding.subject) not in finding.what else ""
    place = f"{position}: " if position else ""
    yield f"{place}{severity} {subject}{finding.what}"
    if finding.why and not again:
        yield from _indented(finding.why)
    evidence = finding.evidence if every else finding.evidence[:_EVIDENCE]
    for text in evidence:
        yield from _indented(text, first="  - ")
    if more := len(finding.evidence) - len(evidence):
        yield f"  - and {more:,} more"
    if finding.hint:
        yield from _indented(finding.hint, first="  → ")


def plan(value: Together) -> Iterator[str]:
    """What the fixes of a plan change, and what is left for another time."""
    if not value.opens and not value.closes:
        yield "No connection changes."
    else:
        from ringfence.render.fix_text import effect_lines

        yield "Connections change:"
        yield from effect_lines("opens", value.opens)
        yield from effect_lines("closes", value.closes)
    if value.left:
        number = count(len(value.left), "more finding")
        yield f"{number} can be fixed once this is written: run it again."


def more_fixes(number: int) -> str:
    """That there are fixes which change what policies say; nothing for none."""
    if not number:
        return ""
    have = "has a fix that changes" if number == 1 else "have fixes that change"
    return f" {count(number, 'finding')} {have} what policies say: --unsafe-fixes."


def _indented(text: str, first: str = "  ") -> Iterator[str]:
    yield from wrap(
        text,
        116,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counts(report: LintReport, findings: Sequence[Finding]) -> str:
    parts = [
        count(number, str(severity))
        for severity in sorted(Severity, reverse=True)
        if (number := sum(finding.severity is severity for finding in findings))
    ]
    text = ", ".join(parts) or "nothing found"
    if hidden := len(report.findings) - len(findings):
        text += f"; {hidden:,} of less severity not shown"
    if report.suppressed:
        text += f"; {len(report.suppressed):,} suppressed"
    rules = count(len(report.rules), "rule")
    if report.idle:
        need = "needs" if len(report.idle) == 1 else "need"
        rules += f"; {len(report.idle)} more {need} pods, and the input has none"
    return f"{text} ({rules})"


def table(rules: Sequence[LintRule]) -> Iterator[str]:
    """One line a rule: code, severity, name, what it finds."""
    width = max(len(rule.code.slug) for rule in rules)
    for rule in rules:
        yield f"{rule.code.code}  {rule.code.severity!s:7}  {rule.code.slug:{width}}  {title(rule)}"
