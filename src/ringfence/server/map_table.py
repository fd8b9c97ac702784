"""The map as tables: its boxes, and its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ringfence.server.map_asked import NOTHING
from ringfence.server.map_edges import Edge
from ringfence.server.map_json import short
from ringfence.server.map_view import Unit
from ringfence.server.maps import Drawn

MOST_ROWS: Final = 300
"""Lines in the table."""


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A box in words. ``toggle`` are the parameters of the map with this namespace folded, or unfolded."""

    name: str
    title: str
    kind: str
    within: str
    workloads: int
    pods: int
    ingress: str
    egress: str
    outgoing: int
    incoming: int
    unfolded: bool
    toggle: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """A line in words."""

    source: str
    target: str
    source_title: str
    target_title: str
    said: str
    denied: int


@dataclass(frozen=True, slots=True)
class Table:
    """All that is drawn. ``more`` lines are left out of ``edges``, ``left_out`` workloads by the filters."""

    nodes: tuple[NodeRow, ...]
    edges: tuple[EdgeRow, ...]
    more: int
    lines: int
    left_out: int
    workloads: int
    policies: int
    pods: int


def table(drawn: Drawn, asked: Mapping[str, object]) -> Table:
    """The tables of a map; ``asked`` are the parameters that it was asked by, but for ``unfold``."""
    view = drawn.view
    outgoing, incoming = (Counter(ends) for ends in zip(*_ends(view.edges), strict=True)) if view.edges else ({}, {})
    titles = {unit.name: unit.name if unit.parent else unit.title for unit in view.units}
    unfolded = [unit.name for unit in view.units if unit.unfolded]
    edges = sorted(view.edges, key=lambda edge: (-edge.denied, -edge.pairs, edge.source, edge.target))
    return Table(
        tuple(
            _node(unit, outgoing.get(unit.name, 0), incoming.get(unit.name, 0), asked, unfolded) for unit in view.units
        ),
        tuple(
            EdgeRow(edge.source, edge.target, titles[edge.source], titles[edge.target], said(edge), edge.denied)
            for edge in edges[:MOST_ROWS]
        ),
        max(0, len(edges) - MOST_ROWS),
        len(edges),
        view.left_out,
        view.workloads,
        drawn.policies,
        sum(unit.pods for unit in view.units if not unit.parent),
    )


def said(edge: Edge) -> str:
    """What is on a line: ``TCP 443``, or ``12 of 30 pairs of workloads: TCP 443``."""
    if not edge.pairs:
        return "nothing is allowed"
    text = short(edge)
    some = ", for some replicas only" if edge.varies else ""
    return f"{text}{some}" if edge.of == 1 else f"{edge.pairs:,} of {edge.of:,} pairs: {text}{some}"


def share(isolated: int, pods: int) -> str:
    """How many pods are isolated, in one word."""
    return "all" if pods and isolated == pods else "some" if isolated else "none"


def _ends(edges: Sequence[Edge]) -> list[tuple[str, str]]:
    return [(edge.source, edge.target) for edge in edges]


def _node(unit: Unit, outgoing: int, incoming: int, asked: Mapping[str, object], unfolded: Sequence[str]) -> NodeRow:
    toggle = None
    if unit.kind == "namespace":
        names = [name for name in unfolded if name != unit.name] if unit.unfolded else [*unfolded, unit.name]
        toggle = {**asked, "unfold": names or [NOTHING]}
    return NodeRow(
        unit.name,
        unit.title,
        unit.kind,
        unit.parent,
        len(unit.members),
        unit.pods,
        share(unit.isolated_ingress, unit.pods),
        share(unit.isolated_egress, unit.pods),
        outgoing,
        incoming,
        unit.unfolded,
        toggle,
    )
