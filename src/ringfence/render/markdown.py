"""The allowed connections as Markdown, for a pull request or a wiki."""

from __future__ import annotations

import re
from itertools import groupby

from ringfence.model.ports import ALL_PORTS
from ringfence.reach.report import Connection, ReachEnd, ReachReport, ReachSummary
from ringfence.render.external import separate

_SPACE = re.compile(r"[\x00-\x20\x7f]+")
_TICKS = re.compile(r"`+")
_LINKED = re.compile(r"[@#](?=\w)|:(?=//)|\bwww(?=\.)", re.IGNORECASE)


def render(report: ReachReport) -> str:
    """The report as GitHub-flavoured Markdown: a table of counts, then one table of connections a source.

    External ends with the same connections are one row. Names stand in code spans, where markup and mentions are
    inert. Source: GitHub Flavored Markdown specification, §4.10 tables and §6.3 code spans.
    """
    separated = separate(report.connections)
    connections, external = separated.connections, separated.named_by_connections()
    rows: dict[tuple[tuple[bool, str], tuple[bool, str]], str] = {}
    for connection in connections:
        rows.setdefault((_key(connection.src, external), _key(connection.dst, external)), _ports(connection))
    lines = ["## Allowed connections", "", *_summary(report.summary), ""]
    if report.notes:
        lines += [*(f"- {prose(str(note))}" for note in report.notes), ""]
    if not rows:
        lines += [f"No connection is allowed between {len(report.ends)} ends.", ""]
    for (_, source), pairs in groupby(sorted(rows), key=lambda pair: pair[0]):
        lines += [f"### From {code(source)}", "", "| to | ports |", "|---|---|"]
        lines += [f"| {code(pair[1][1])} | {rows[pair]} |" for pair in pairs]
        lines.append("")
    return "\n".join(lines)


def code(text: str) -> str:
    """``text`` as a code span that is safe in a table cell."""
    text = _SPACE.sub(" ", text).replace("|", "\\|")
    fence = "`" * (max(map(len, _TICKS.findall(text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _key(end: ReachEnd, external: dict[ReachEnd, str]) -> tuple[bool, str]:
    return (True, external[end]) if end.external else (False, end.name)


def _ports(connection: Connection) -> str:
    if not connection.varies:
        return "**all ports**" if connection.ports == ALL_PORTS else code(str(connection.ports))
    return f"{code(str(connection.ports))}, every replica: {code(str(connection.always))}"


def _summary(summary: ReachSummary) -> list[str]:
    rows = (
        ("pods", f"{summary.pods:,} of {summary.workloads:,} workloads in {summary.namespaces:,} namespaces"),
        ("host-network pods", f"{summary.host_network_pods:,}"),
        ("policies", f"{summary.policies:,}"),
        ("isolated pods", f"ingress {summary.isolated_ingress:,}, egress {summary.isolated_egress:,}"),
        ("pairs of pods", f"{summary.pairs:,}"),
        ("… all ports allowed", _share(summary.full, summary.pairs)),
        ("… some ports allowed", _share(summary.partial, summary.pairs)),
        ("… denied", _share(summary.denied, summary.pairs)),
        ("pods that reach external addresses", f"{summary.to_external:,}"),
        ("pods that external addresses reach", f"{summary.from_external:,}"),
    )
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]


def _share(count: int, total: int) -> str:
    return f"{count:,} ({count / total:.1%})" if total else f"{count:,}"


def prose(text: str) -> str:
    """Prose with markup made inert, and names of people, issues and addresses of pages not made into links.

    GitHub looks for mentions and references in what Markdown came to, where a backslash is gone: they are broken by a
    space of no width (github/cmark-gfm, issue 181).
    """
    text = re.sub(r"([\\`*_{}\[\]<>|~#&@])", r"\\\1", _SPACE.sub(" ", text))
    return _LINKED.sub(lambda match: f"{match[0]}\u200b", text)
