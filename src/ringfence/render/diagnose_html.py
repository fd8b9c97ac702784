"""A diagnosis as one self-contained page: no script, nothing from the network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from ringfence.diagnose.report import Diagnosis
from ringfence.render.diagnose_view import Card, Row, Section, view

_STYLE = """\
:root { color-scheme: light dark; --line: #8884; --error: #c62828; --warning: #b26a00; --note: #3568b4; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1.05rem; margin: 0; }
article, section { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
article.error { border-left: .4rem solid var(--error); }
article.warning { border-left: .4rem solid var(--warning); }
article.note { border-left: .4rem solid var(--note); }
ul { margin: .5rem 0; padding-left: 1.3rem; } li { overflow-wrap: anywhere; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .5rem; border: 1px solid var(--line); }
.place, .because { opacity: .75; }
"""
_MOST = 500


def render(report: Diagnosis, *, title: str = "Diagnosis") -> str:
    """The report as one HTML document; every text is escaped, and no script may run.

    Source: HTML Standard, "Escaping a string"; Content Security Policy Level 3 for the hash of the style.
    """
    page = view(report, most=_MOST)
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(page.headline)}</h1>",
        f"<p>{_place(page.place)}</p>" if page.place else "",
        *(part for number, card in enumerate(page.cards, 1) for part in _card(number, card)),
        f"<p>and {page.more:,} more root causes</p>" if page.more else "",
        *(part for section in page.sections for part in _section(section)),
        f"<p>{escape(page.summary)}</p>",
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _card(number: int, card: Card) -> Iterator[str]:
    yield f'<article class="{card.severity}"><h2>{number}. {escape(card.title)}</h2>'
    yield f"<p>{_row(card.cause)}</p>"
    yield from _list(card.rows, card.more)
    if card.works:
        yield f"<p>{escape(card.works)}</p>"
    if card.change:
        yield f"<p><strong>Change:</strong> {escape(card.change)}</p>"
    if card.commands:
        yield f"<pre>{escape(chr(10).join(card.commands))}</pre>"
    yield "</article>"


def _section(section: Section) -> Iterator[str]:
    yield f"<section><h2>{escape(section.title)}</h2>"
    yield from _list(section.rows, section.more)
    yield "</section>"


def _list(rows: tuple[Row, ...], more: int) -> Iterator[str]:
    if not rows:
        return
    yield "<ul>"
    yield from (f"<li>{_row(row)}</li>" for row in rows)
    if more:
        yield f"<li>and {more:,} more</li>"
    yield "</ul>"


def _row(row: Row) -> str:
    because = f'<br><span class="because">{escape(row.because)}</span>' if row.because else ""
    commands = f"<pre>{escape(chr(10).join(row.commands))}</pre>" if row.commands else ""
    return f"{escape(row.text)}{because}{_place(row.place)}{commands}"


def _place(text: str) -> str:
    return f' <code class="place">{escape(text)}</code>' if text else ""
