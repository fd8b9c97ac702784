"""The allowed connections as a Graphviz graph."""

from __future__ import annotations

import re

from ringfence.reach.report import Connection, ReachEnd, ReachReport
from ringfence.render.external import separate

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def render(report: ReachReport) -> str:
    """The report as DOT: one cluster a namespace, one edge a pair of ends, labelled with its ports.

    External ends with the same connections are one node. Ends without a connection are drawn too: that nothing
    reaches them is an answer. The order follows names, so that two answers can be compared as text.

    Source: the DOT language and ``escString`` in Graphviz's documentation.
    """
    separated = separate(report.connections)
    connections, external = separated.connections, separated.named_by_connections()
    ends = {end for end in report.ends if not end.external}
    ends.update(end for connection in connections for end in (connection.src, connection.dst) if not end.external)
    lines = [
        "digraph reach {",
        "  graph [rankdir=LR, fontname=Helvetica, compound=true, ranksep=1.2]",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname=Helvetica, fontsize=11]',
        "  edge [fontname=Helvetica, fontsize=9, color=gray40]",
    ]
    for index, namespace in enumerate(sorted({end.namespace for end in ends})):
        lines += [
            f"  subgraph cluster_{index} {{",
            f"    label={_label(namespace)}",
            '    style="rounded,filled"',
            "    fillcolor=gray96",
            "    color=gray70",
        ]
        members = sorted(end for end in ends if end.namespace == namespace)
        lines += [f"    {_id(end.name)} [label={_label(_short(end))}]" for end in members]
        lines.append("  }")
    for name in sorted(set(external.values())):
        lines.append(f"  {_id(f'external {name}')} [label={_label(name)}, shape=ellipse, fillcolor=gray90]")
    edges = {
        (_node(connection.src, external), _node(connection.dst, external)): _ports(connection)
        for connection in connections
    }
    for (src, dst), label in sorted(edges.items()):
        lines.append(f"  {_id(src)} -> {_id(dst)} [label={_label(label)}]")
    return "\n".join([*lines, "}", ""])


def _node(end: ReachEnd, external: dict[ReachEnd, str]) -> str:
    return f"external {external[end]}" if end.external else end.name


def _short(end: ReachEnd) -> str:
    """``name`` over ``Kind`` for a workload: the cluster around it says the namespace."""
    kind, slash, name = end.name.removeprefix(f"{end.namespace}/").partition("/")
    return f"{name}\n{kind}" if slash else kind


def _ports(connection: Connection) -> str:
    return f"{connection.ports}\n(some replicas only)" if connection.varies else str(connection.ports)


def _id(text: str) -> str:
    """A quoted name: only the quote needs a backslash, but a backslash before it must not take it away."""
    return '"' + _CONTROL.sub("\ufffd", text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(text: str) -> str:
    r"""A quoted label, drawn as written: escapes such as ``\N`` and entities such as ``&lt;`` are taken literally."""
    lines = (_id(line.replace("&", "&amp;"))[1:-1] for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'
