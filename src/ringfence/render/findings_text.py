"""Findings about the input, compact: the worst first, repetition counted instead of shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from ringfence.model.finding import Finding, Severity
from ringfence.render.lines import count

SHOWN = 8
"""More findings than this are counted, unless every one is asked for."""

_NAMED = 3
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}


def render(findings: Sequence[Finding], *, notes: bool = True, every: bool = False) -> Iterator[str]:
    """One line a finding; without ``every`` at most :data:`SHOWN`, and then how many more there are."""
    wanted = [finding for finding in findings if notes or finding.severity > Severity.NOTE]
    wanted.sort(key=lambda finding: -finding.severity)
    shown = wanted if every else wanted[:SHOWN]
    for finding in shown:
        yield _line(finding)
    rest = wanted[len(shown) :]
    if rest:
        kinds = ", ".join(
            count(number, str(severity))
            for severity in sorted(Severity, reverse=True)
            if (number := sum(finding.severity is severity for finding in rest))
        )
        yield f"and {len(rest)} more ({kinds}); -v shows all"


def _line(finding: Finding) -> str:
    severity = click.style(f"{finding.severity}:", fg=_COLOURS[finding.severity], bold=True)
    place = str(finding.origin) if finding.origin.position.file else ""
    subject = f" {finding.subject}:" if finding.subject is not None and str(finding.subject) not in finding.what else ""
    text = " ".join(part for part in (f"{severity}{subject} {finding.what}", finding.hint) if part)
    return f"{text} [{finding.code.code}]{f' {place}' if place else ''}"


def left_out(findings: Sequence[Finding]) -> str:
    """Which objects an answer does without, or reads in the safest way, because they are wrong; empty for none."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return ""
    names = list(dict.fromkeys(_name(finding) for finding in errors))
    shown = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    were = "was" if len(names) == 1 else "were"
    return f"{count(len(names), 'object')} with errors {were} left out or read in the safest way: {shown}{more}."


def _name(finding: Finding) -> str:
    if finding.subject is not None:
        return str(finding.subject)
    return str(finding.origin) if finding.origin.position.file else finding.what
