"""A diagnosis as Markdown, for a ticket or a pull request."""

from __future__ import annotations

from ringfence.diagnose.report import Diagnosis
from ringfence.render.diagnose_view import Card, Row, view
from ringfence.render.markdown import code, prose

MOST = 50


def render(report: Diagnosis) -> str:
    """The report as GitHub-flavoured Markdown; names are made inert."""
    page = view(report, most=MOST)
    lines = ["## Diagnosis", "", f"**{prose(page.headline)}**{_place(page.place)}", ""]
    for number, card in enumerate(page.cards, 1):
        lines += [*_card(number, card), ""]
    if page.more:
        lines += [f"and {page.more:,} more root causes", ""]
    for section in page.sections:
        lines += [f"### {section.title}", "", *(line for row in section.rows for line in _lines(row))]
        lines += [f"- and {section.more:,} more"] if section.more else []
        lines.append("")
    return "\n".join([*lines, prose(page.summary), ""])


def _card(number: int, card: Card) -> list[str]:
    lines = [f"### {number}. {prose(card.title)}", "", f"{card.severity}: {_row(card.cause)}", ""]
    lines += [f"- {_row(row)}" for row in card.rows]
    lines += [f"- and {card.more:,} more"] if card.more else []
    if card.works:
        lines += ["", prose(card.works)]
    if card.change:
        lines += ["", f"**Change:** {prose(card.change)}"]
    if card.commands:
        lines += ["", *(f"- {code(command)}" for command in card.commands)]
    return lines


def _lines(row: Row) -> list[str]:
    return [f"- {_row(row)}", *(f"  - {code(command)}" for command in row.commands)]


def _row(row: Row) -> str:
    because = f" — {prose(row.because)}" if row.because else ""
    return f"{prose(row.text)}{because}{_place(row.place)}"


def _place(text: str) -> str:
    return f" ({code(text)})" if text else ""
