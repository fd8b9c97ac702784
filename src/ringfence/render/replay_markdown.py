"""A replay as Markdown, for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.render import flows_evidence
from ringfence.render.lines import place
from ringfence.render.markdown import code, prose
from ringfence.render.replay_text import ends, groups, remarks, seen
from ringfence.replay import Fate, Reason, Replayed, ReplayReport, summary

SHOWN = 100
"""More connections than this under one reason are counted: a comment on a forge has a largest size."""

_OPEN = 10


def render(report: ReplayReport, *, note: str = "", most: int = SHOWN) -> str:
    """The report as GitHub-flavoured Markdown. ``note`` says what the answer does without."""
    lines = ["## Recorded traffic against the proposed policies", "", *body(report, note=note, most=most)]
    return "\n".join(lines) + "\n"


def body(report: ReplayReport, *, note: str = "", most: int = SHOWN) -> Iterator[str]:
    """The answer without its heading."""
    yield prose(summary(report))
    yield ""
    if note:
        yield from (f"**Note:** {prose(note)}", "")
    for reasons, rows in groups(report.rows):
        yield from _group(reasons, rows, most)
    for each in report.unjudged:
        example = f", such as {code(each.examples[0])}" if each.examples else ""
        yield f"- **not judged**, {each.edges:,}: {prose(each.why)}{example}"
    yield from (f"- {prose(text)}" for text in remarks(report))
    yield ""
    yield from flows_evidence.markdown(report.evidence)


def _group(reasons: tuple[Reason, ...], rows: list[Replayed], most: int) -> Iterator[str]:
    for reason in reasons:
        where = place(reason.origin)
        yield f"- {reason.direction}: {prose(reason.text)}{f' {code(where)}' if where else ''}"
    if not reasons:
        yield "- would open" if rows[0].fate is Fate.OPENED else "- for no single reason"
    yield ""
    number = len(rows)
    opened = " open" if number <= _OPEN else ""
    yield f"<details{opened}><summary>{number:,} connection{'s' * (number != 1)}</summary>"
    yield from ("", "| | from → to | port | seen |", "|---|---|---|---|")
    for row in rows[:most]:
        yield f"| {row.fate.value} | {code(ends(row))} | {row.protocol} {row.port} | {prose(seen(row))} |"
    if rows[most:]:
        yield f"\nand {number - most:,} more"
    yield from ("", "</details>", "")
