"""Recorded traffic as one self-contained page without scripts: what is denied, by hour, and who calls whom."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from ringfence.observe import Denial, DeniedReport
from ringfence.observe.service_map import ServiceMap
from ringfence.observe.timeline import Timeline
from ringfence.observe.top import Top
from ringfence.render import flows_denied, flows_drawing, flows_evidence
from ringfence.render.flows_top import octets
from ringfence.render.lines import place

SHOWN = 200
"""More rows than this of one kind are counted."""
TALKERS = 20
"""Of those who talk most, so many are shown."""

_PORTS = 20

_STYLE = """
:root { --text: #1b2530; --muted: #5c6a78; --line: #d8dee4; --page: #ffffff; --box: #f3f6f9; --good: #2f7fc1;
  --bad: #c4322b; --mixed: #b26a00; --gap: #eceff2; --mark: #7a4fc0; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: var(--text);
  background: var(--page); }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; }
td, th { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; } .place, .muted { color: var(--muted); }
.map { overflow-x: auto; } .map svg { min-width: 60rem; } svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--text); } svg .label { fill: var(--muted); }
.passed { fill: var(--good); } .stopped { fill: var(--bad); } .gap { fill: var(--gap); }
.axis, .day { stroke: var(--line); } .mark rect { fill: var(--mark); opacity: .12; } .mark line { stroke: var(--mark); }
path { fill: none; opacity: .65; } path:hover { opacity: 1; } .passing { stroke: var(--good); }
.denied { stroke: var(--bad); stroke-dasharray: 6 3; } .mixed { stroke: var(--mixed); }
.end rect { fill: var(--box); stroke: var(--line); } .end.outside rect { stroke: var(--mixed); }
.key span { margin-right: 1.2rem; white-space: nowrap; }
.key i { display: inline-block; width: 1.4em; height: .28em; margin-right: .4em; vertical-align: middle; }
.key .a { background: var(--good); } .key .b { background: var(--bad); } .key .c { background: var(--mixed); }
.key .d { background: var(--mark); } .key .e { background: var(--gap); height: .8em; }
summary { cursor: pointer; padding: .4rem 0; } ul { margin: .2rem 0; padding-left: 1.2rem; }
@media (prefers-color-scheme: dark) { :root { --text: #e4eaf0; --muted: #93a1b0; --line: #30363d; --page: #0d1117;
  --box: #1a2129; --good: #4b9fe3; --bad: #ff7b72; --mixed: #e3b341; --gap: #1d242c; --mark: #b392f0; } }
"""


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows. ``note`` says what the answer does without."""

    title: str
    denied: DeniedReport
    timeline: Timeline
    map: ServiceMap
    top: Top
    note: str = ""


def render(page: Page) -> str:
    """One HTML document, which asks nothing of the network; names are data and only ever text.

    Source of the policy: Content Security Policy Level 3, hashes of inline styles.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    head = (
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(page.title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
    )
    return "\n".join((*head, *_body(page), "</body>", "</html>", ""))


def _body(page: Page) -> Iterator[str]:
    yield f"<h1>{escape(page.title)}</h1>"
    yield f"<p>{escape(flows_denied.summary(page.denied))}</p>"
    yield f'<p class="muted">Evidence: {escape(flows_evidence.window(page.denied.evidence))}</p>'
    if page.note:
        yield f"<p><strong>Note:</strong> {escape(page.note)}</p>"
    yield from _timeline(page.timeline)
    yield from _denied(page.denied)
    yield from _disagreements(page.denied)
    yield from _map(page.map)
    yield from _talkers(page.top)
    holes = list(flows_evidence.gaps(page.denied.evidence, every=True))
    if holes:
        yield "<h2>What the records can't tell</h2>"
        yield f"<ul>{''.join(f'<li>{escape(hole)}</li>' for hole in holes)}</ul>"


def _timeline(report: Timeline) -> Iterator[str]:
    yield "<h2>By hour</h2>"
    yield '<p class="key muted"><span><i class="a"></i>passed</span><span><i class="b"></i>denied</span>'
    yield '<span><i class="d"></i>a policy changed</span><span><i class="e"></i>no record</span>UTC</p>'
    yield from flows_drawing.chart(report)
    if report.changes:
        yield "<details><summary>Policies that changed</summary><ul>"
        for change in report.changes:
            when = f"between {flows_evidence.moment(change.after)} and {flows_evidence.moment(change.before)}"
            yield f"<li>{escape(change.text)}, {escape(when)}{_place(place(change.origin))}</li>"
        yield "</ul></details>"
    if report.turns:
        yield "<h3>Passed, and denied since</h3>"
        rows = (
            (
                _code(f"{turn.source.name} → {turn.destination.name} {turn.protocol} {turn.port or ''}"),
                escape(flows_evidence.moment(turn.last)),
                escape(flows_evidence.moment(turn.first)),
                f"{turn.denied:,}",
                "<br>".join(escape(change.text) + _place(place(change.origin)) for change in turn.changes),
            )
            for turn in report.turns[:SHOWN]
        )
        yield from _table(("connection", "passed until", "denied since", "#times", "what changed"), rows)


def _denied(report: DeniedReport) -> Iterator[str]:
    for title, rows in flows_denied.sections(report.rows):
        yield f"<h2>{escape(title)}</h2>"
        yield from _table(("connection", "seen", "why"), map(_denial, rows[:SHOWN]))
        if rows[SHOWN:]:
            yield f'<p class="muted">and {len(rows) - SHOWN:,} more</p>'


def _denial(row: Denial) -> tuple[str, ...]:
    reasons = (
        escape(text) + _place(place(origin) if origin is not None else "") for text, origin in flows_denied.because(row)
    )
    return _code(flows_denied.ends(row)), escape(flows_denied.seen(row)), "<br>".join(reasons)


def _disagreements(report: DeniedReport) -> Iterator[str]:
    if not report.findings:
        return
    yield "<h2>Where records and policies disagree</h2>"
    for finding in report.findings:
        where = _place(place(finding.origin))
        yield f"<details open><summary>{_code(finding.code.code)} {escape(finding.what)}{where}</summary>"
        yield f"<p>{escape(finding.why)}</p><ul>{''.join(f'<li>{_code(each)}</li>' for each in finding.evidence)}</ul>"
        yield "</details>"


def _map(drawn: ServiceMap) -> Iterator[str]:
    yield f"<h2>Who calls whom{', by namespace' if drawn.by_namespace else ''}</h2>"
    yield '<p class="key muted"><span><i class="a"></i>passed</span><span><i class="c"></i>some denied</span>'
    yield '<span><i class="b"></i>all denied</span></p><div class="map">'
    yield from flows_drawing.service_map(drawn)
    yield "</div><details><summary>The same as a table</summary>"
    rows = (
        (
            _code(drawn.names[link.source]),
            _code(drawn.names[link.destination]),
            escape(", ".join(link.ports[:_PORTS])),
            f"{link.passed:,}",
            f"{link.stopped:,}",
        )
        for link in drawn.links
    )
    yield from _table(("from", "to", "ports", "#passed", "#denied"), rows)
    yield "</details>"


def _talkers(report: Top) -> Iterator[str]:
    yield "<h2>Who talks most</h2>"
    rows = (
        (_code(row.name), f"{row.connections:,}", f"{row.stopped:,}", octets(row.octets), octets(row.octets_back))
        for row in report.rows[:TALKERS]
    )
    yield from _table((report.by.value, "#connections", "#denied", "#out", "#in"), rows)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table; the cells are HTML already. A heading that begins with ``#`` is of numbers."""
    names = tuple(head)
    styles = [' class="number"' if name.startswith("#") else "" for name in names]
    titles = "".join(f"<th{style}>{escape(name.lstrip('#'))}</th>" for style, name in zip(styles, names, strict=True))
    yield f"<table><thead><tr>{titles}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td{style}>{cell}</td>' for style, cell in zip(styles, row, strict=True))}</tr>"
    yield "</tbody></table>"


def _place(where: str) -> str:
    return f' <code class="place">{escape(where)}</code>' if where else ""


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
