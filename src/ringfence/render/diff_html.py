"""A diff as one self-contained page without scripts: everything that is shown is text that was escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape

from ringfence.diff.causes import Cause
from ringfence.diff.report import DiffReport, Impact
from ringfence.render.diff_groups import RISKS, Group, counts, groups
from ringfence.render.diff_text import places

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c2126; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
td, th { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.place { color: #57606a; } .added { color: #116329; } .removed { color: #a40e26; } .changed { color: #7d4e00; }
.risk { background: #fff3cd; padding: 0 .4rem; border-radius: .2rem; white-space: nowrap; }
summary { cursor: pointer; padding: .4rem 0; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } td, th { border-color: #30363d; } .place { color: #8d96a0; }
  .added { color: #56d364; } .removed { color: #ff7b72; } .changed { color: #e3b341; } .risk { background: #4b3a00; }
}
"""

_OPEN = 25


def render(report: DiffReport, *, note: str = "") -> str:
    """The report as one HTML document, which asks nothing of the network. ``note`` says what it does without.

    Source of the policy: Content Security Policy Level 3, hashes of inline styles.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>Connections that differ</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *_body(report, note),
            "</body>",
            "</html>",
            "",
        )
    )


def _body(report: DiffReport, note: str) -> Iterator[str]:
    yield "<h1>Connections that differ</h1>"
    yield f"<p>{escape(counts(report))}</p>"
    if note:
        yield f"<p><strong>Note:</strong> {escape(note)}</p>"
    if report.risks:
        yield "<h2>Risks</h2>"
        yield from _table(
            ("risk", "what", "why"),
            (
                (
                    f'<span class="risk">{escape(RISKS[risk.kind])}</span>',
                    escape(risk.text),
                    "<br>".join(map(_cause, risk.causes)),
                )
                for risk in report.risks
            ),
        )
    found = groups(report)
    if found:
        yield "<h2>By cause</h2>"
    for group in found:
        yield from _group(group)
    for title, impacts in (("namespace", report.namespaces), ("team", report.teams)):
        if impacts:
            yield f"<h2>By {title}</h2>"
            yield from _table((title, "added", "removed", "changed"), map(_impact, impacts))


def _group(group: Group) -> Iterator[str]:
    number = len(group.entries)
    yield f"<details{' open' if number <= _OPEN else ''}><summary>"
    yield "<br>".join(map(_cause, group.causes)) or "For no single cause"
    yield f' <span class="place">({number:,})</span></summary>'
    yield from _table(
        ("", "from", "to", "ports"),
        (
            (
                f'<span class="{entry.kind}">{entry.kind}</span>',
                _code(entry.src),
                _code(entry.dst),
                _code(entry.ports),
            )
            for entry in group.entries
        ),
    )
    yield "</details>"


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table; the cells are HTML already."""
    yield f"<table><thead><tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"


def _cause(cause: Cause) -> str:
    where = places(cause)
    return escape(cause.text) + (f' <code class="place">{escape(where)}</code>' if where else "")


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _impact(impact: Impact) -> tuple[str, ...]:
    return (_code(impact.name), f"{impact.added:,}", f"{impact.removed:,}", f"{impact.changed:,}")
