"""Who calls whom, as a map: ends and the links between them, few enough to be drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ringfence.flows.edges import EdgeSet, Party, PartyKind
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
    labelled = [_label(party) for party in edges.parties]
    used = {labelled[number] for number in (*edges.source, *edges.destination)}
    by_namespace = len(used) > most
    if by_namespace:
        labelled = [(group, group) for _, group in labelled]
    numbers: dict[tuple[str, str], int] = {}
    counts: dict[tuple[int, int], list[int]] = {}
    ports: dict[tuple[int, int], Counter[str]] = {}
    for number, (source, destination) in enumerate(zip(edges.source, edges.destination, strict=True)):
        ends = [numbers.setdefault(labelled[each], len(numbers)) for each in (source, destination)]
        key = ends[0], ends[1]
        outcome = edges.outcome[number]
        kind = 0 if outcome in PASSED else 1 if outcome in STOPPED else 2
        counts.setdefault(key, [0, 0, 0])[kind] += edges.connections[number]
        port = edges.port[number]
        name = f"{edges.protocol[number]} {port}" if port is not None else edges.protocol[number]
        ports.setdefault(key, Counter())[name] += edges.connections[number]
    links = []
    for key, (passed, stopped, other) in sorted(counts.items()):
        names = tuple(name for name, _ in ports[key].most_common())
        links.append(Link(*key, passed, stopped, other, names))
    return ServiceMap(
        tuple(name for name, _ in numbers), tuple(group for _, group in numbers), tuple(links), by_namespace
    )


def _label(party: Party) -> tuple[str, str]:
    """The end that a party is drawn as, and its group."""
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
