"""Who calls whom, as a map: ends and the links between them, few enough to be drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.flows.edges import EdgeSet, Party, PartyKind
from ringfence.flows.selection import Selection
from ringfence.model.flow import Outcome
from ringfence.observe.calls import PASSED, STOPPED

MOST = 60
"""More ends than this are drawn as their namespaces."""

NODES = "nodes"
OUTSIDE = "outside"
OTHER = "not known"


@dataclass(frozen=True, slots=True)
class Link:
    """Connections from one end to another, by their numbers."""

    source: int
    destination: int
    passed: int
    stopped: int
    other: int
    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceMap:
    """``names`` are the ends, ``groups`` their namespaces or kinds. ``by_namespace`` tells that ends are namespaces."""

    names: tuple[str, ...]
    groups: tuple[str, ...]
    links: tuple[Link, ...]
    by_namespace: bool


def service_map(edges: EdgeSet, most: int = MOST) -> ServiceMap:
    """The map of all edges: of workloads, or of namespaces where these are too many. Nodes are one end."""
    labels, by_namespace = _labels(edges.parties, most)
    columns = (edges.protocol, edges.port, edges.outcome, edges.connections)
    return _drawn(
        (
            (labels[source], labels[destination], *rest)
            for source, destination, *rest in zip(edges.source, edges.destination, *columns, strict=True)
        ),
        by_namespace=by_namespace,
    )


def service_map_of(selection: Selection, most: int = MOST) -> ServiceMap:
    """As :func:`service_map`, of edges that are added up where they are."""
    labels, by_namespace = _labels(selection.parties, most)
    numbers = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    listed = list(numbers)
    return _drawn(
        (
            (listed[link.source], listed[link.destination], link.protocol, link.port, link.outcome, link.connections)
            for link in selection.links([numbers[label] for label in labels])
        ),
        by_namespace=by_namespace,
    )


def _labels(parties: Sequence[Party], most: int) -> tuple[list[_Label], bool]:
    """What each party is drawn as, and whether that is its namespace."""
    labels = [_label(party) for party in parties]
    if len(set(labels)) <= most:
        return labels, False
    return [(group, group) for _, group in labels], True


def _drawn(found: Iterable[tuple[_Label, _Label, str, int | None, Outcome, int]], *, by_namespace: bool) -> ServiceMap:
    numbers: dict[_Label, int] = {}
    counts: dict[tuple[int, int], list[int]] = {}
    ports: dict[tuple[int, int], Counter[str]] = {}
    for source, destination, protocol, port, outcome, connections in found:
        ends = [numbers.setdefault(each, len(numbers)) for each in (source, destination)]
        key = ends[0], ends[1]
        kind = 0 if outcome in PASSED else 1 if outcome in STOPPED else 2
        counts.setdefault(key, [0, 0, 0])[kind] += connections
        name = f"{protocol} {port}" if port is not None else protocol
        ports.setdefault(key, Counter())[name] += connections
    links = []
    for key, (passed, stopped, other) in sorted(counts.items()):
        names = tuple(name for name, _ in ports[key].most_common())
        links.append(Link(*key, passed, stopped, other, names))
    return ServiceMap(
        tuple(name for name, _ in numbers), tuple(group for _, group in numbers), tuple(links), by_namespace
    )


_Label = tuple[str, str]
"""The end that a party is drawn as, and its group."""


def _label(party: Party) -> _Label:
    match party.kind:
        case PartyKind.WORKLOAD:
            return str(party), party.namespace
        case PartyKind.NODE:
            return NODES, NODES
        case PartyKind.EXTERNAL:
            return (party.names[0] if party.names else party.address or str(party)), OUTSIDE
        case PartyKind.SERVICE:
            return f"service:{party.service or party.address}", party.service.partition("/")[0] or OTHER
        case PartyKind.UNKNOWN:
            return OTHER, OTHER
