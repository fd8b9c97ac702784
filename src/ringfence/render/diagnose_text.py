"""A diagnosis for people: the cause first, then each problem with what it cuts and what to change."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ringfence.diagnose.report import Diagnosis
from ringfence.model.finding import Severity
from ringfence.render.diagnose_view import Card, Row, Section, view
from ringfence.render.lines import bad, bold, careful, good

_COLOURS = {Severity.ERROR: bad, Severity.WARNING: careful, Severity.NOTE: bold}


def render(report: Diagnosis, *, every: bool = False) -> str:
    """The report; ``every`` shows all rows of long lists."""
    page = view(report, most=None if every else 10)
    lines = [(bad if page.broken else careful if page.place else good)(page.headline)]
    if page.place:
        lines.append(_dim(f"  {page.place}"))
    for number, card in enumerate(page.cards, 1):
        lines += ["", *_card(number, card)]
    if page.more:
        lines += ["", f"and {page.more:,} more root causes; -v shows all"]
    for section in page.sections:
        lines += ["", *_section(section)]
    lines += ["", page.summary]
    return "\n".join(lines) + "\n"


def _card(number: int, card: Card) -> Iterator[str]:
    yield f"{number}. {_COLOURS[card.severity](str(card.severity))}: {card.title}"
    yield f"   Cause: {_with_place(card.cause)}"
    for row in card.rows:
        yield f"   - {row.text}"
        if row.because:
            yield f"       {_with_place(Row(row.because, row.place))}"
    if card.more:
        yield f"   and {card.more:,} more; -v shows all"
    if card.works:
        yield f"   {card.works}"
    if card.change:
        yield f"   Change: {card.change}"
    for command in card.commands:
        yield f"     $ {command}"


def _section(section: Section) -> Iterator[str]:
    yield bold(section.title)
    for row in section.rows:
        yield f"  - {_with_place(row)}"
        if row.because:
            yield f"      {row.because}"
        yield from (f"        $ {command}" for command in row.commands)
    if section.more:
        yield f"  and {section.more:,} more; -v shows all"


def _with_place(row: Row) -> str:
    return f"{row.text}  {_dim(row.place)}" if row.place else row.text


def _dim(text: str) -> str:
    return click.style(text, dim=True)
