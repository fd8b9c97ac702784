"""A diff as Markdown, for a pull request: what a reviewer decides from first, every change folded below."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.diff.causes import Cause
from ringfence.diff.report import DiffReport, Impact
from ringfence.render.diff_groups import RISKS, Group, counts, groups
from ringfence.render.diff_text import places
from ringfence.render.markdown import code, prose

SHOWN = 200
"""More changes than this under one cause are counted: a comment on a forge has a largest size."""


def render(report: DiffReport, *, note: str = "") -> str:
    """The report as GitHub-flavoured Markdown. Names stand in code spans, where markup and mentions are inert.

    ``note`` says what the answer does without.
    """
    lines = ["## Connections that differ", "", prose(counts(report)), ""]
    if note:
        lines += [f"**Note:** {prose(note)}", ""]
    if report.risks:
        lines += ["### Risks", "", "| risk | what | why |", "|---|---|---|"]
        lines += [
            f"| **{RISKS[risk.kind]}** | {prose(risk.text)} | {'<br>'.join(map(_cause, risk.causes[:3]))} |"
            for risk in report.risks[:SHOWN]
        ]
        lines += [f"and {len(report.risks) - SHOWN} more", ""] if report.risks[SHOWN:] else [""]
    for title, impacts in (("namespace", report.namespaces), ("team", report.teams)):
        if impacts:
            lines += [*_impacts(title, impacts), ""]
    for group in groups(report):
        lines += [*_group(group), ""]
    return "\n".join(lines)


def _group(group: Group) -> Iterator[str]:
    yield from (f"- {_cause(cause)}" for cause in group.causes)
    yield ""
    number = len(group.entries)
    yield f"<details{' open' if number <= 10 else ''}><summary>{number:,} connection{'s' * (number != 1)}</summary>"
    yield ""
    yield from ("| | from | to | ports |", "|---|---|---|---|")
    for entry in group.entries[:SHOWN]:
        yield f"| {entry.kind} | {code(entry.src)} | {code(entry.dst)} | {code(entry.ports)} |"
    if group.entries[SHOWN:]:
        yield f"\nand {number - SHOWN:,} more"
    yield ""
    yield "</details>"


def _cause(cause: Cause) -> str:
    where = places(cause)
    return f"{prose(cause.text)} {code(where)}" if where else prose(cause.text)


def _impacts(title: str, impacts: tuple[Impact, ...]) -> Iterator[str]:
    yield f"| {title} | added | removed | changed |"
    yield "|---|---|---|---|"
    for impact in impacts[:SHOWN]:
        yield f"| {code(impact.name)} | {impact.added:,} | {impact.removed:,} | {impact.changed:,} |"
