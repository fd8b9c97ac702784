"""What a map draws: units (namespaces, workloads, places outside) and the connections between them, summed up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from ringfence.model.errors import QueryError
from ringfence.server.map_edges import Edge, Sums
from ringfence.server.map_labels import marked
from ringfence.server.map_outside import INTERNET, Outside
from ringfence.server.map_pairs import Member, Pairs
from ringfence.server.map_wanted import Wanted

MOST_UNITS: Final = 600
"""Boxes of one map."""

_FEW: Final = 45
"""Up to so many workloads are drawn one by one where nobody says which namespaces to unfold."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A box of the map: a namespace, a workload whose namespace is unfolded, or a place outside.

    ``parent`` is the unfolded namespace around a workload. ``inside`` counts the pairs of workloads within a folded
    namespace that may connect.
    """

    name: str
    kind: str
    title: str
    parent: str = ""
    members: tuple[Member, ...] = ()
    outside: Outside | None = None
    unfolded: bool = False
    inside: int = 0

    @property
    def pods(self) -> int:
        """How many pods it stands for."""
        return sum(len(member.pods) for member in self.members)

    @property
    def isolated_ingress(self) -> int:
        """How many of its pods a policy isolates for ingress."""
        return sum(each.isolated_ingress for each in self.members)

    @property
    def isolated_egress(self) -> int:
        """How many of its pods a policy isolates for egress."""
        return sum(each.isolated_egress for each in self.members)


@dataclass(frozen=True, slots=True)
class MapView:
    """The drawing as data, units in order. ``left_out`` counts workloads that no filter left a connection of."""

    units: tuple[Unit, ...]
    edges: tuple[Edge, ...]
    left_out: int
    workloads: int


def fitting(pairs: Pairs) -> frozenset[str]:
    """The namespaces that are unfolded where nobody says: all of a small cluster, else none."""
    return spaces(pairs) if len(pairs.members) <= _FEW else frozenset()


def spaces(pairs: Pairs) -> frozenset[str]:
    """The namespaces that have a workload."""
    return frozenset(member.ref.namespace for member in pairs.members)


def view(pairs: Pairs, wanted: Wanted, denied: Iterable[tuple[str, str]] = ()) -> MapView:
    """What of the matrix is wanted. ``denied`` are pairs of workloads of which flows show denied connections.

    Raises:
        QueryError: there would be more than :data:`MOST_UNITS` boxes, or a namespace isn't there.
    """
    known = spaces(pairs)
    unfolded = fitting(pairs) if wanted.unfolded is None else wanted.unfolded
    for name in sorted((wanted.namespaces | unfolded) - known):
        raise QueryError(f"There is no namespace {name!r} with a workload.")
    units = list(_units(pairs, unfolded))
    if len(units) > MOST_UNITS:
        raise QueryError(f"That would be {len(units):,} boxes, and a map draws {MOST_UNITS}: unfold fewer namespaces.")
    filters = [[member.ref.namespace in wanted.namespaces for member in pairs.members]] if wanted.namespaces else []
    if wanted.label:
        filters.append(marked(pairs.members, wanted.label, wanted.value))
    sums = Sums(pairs, [len(unit.members) for unit in units], filters, wanted.ports)
    outside = [] if wanted.denied else _mattering(pairs)
    edges = list(sums.edges([unit.name for unit in units], outside, denied, inner=not wanted.external))
    if wanted.denied:
        edges = [edge for edge in edges if edge.denied]
    shown = _shown(units, [_outside(pairs.outside[place]) for place in outside], edges, wanted, filters)
    kept = {member.ref for unit in shown for member in unit.members}
    return MapView(
        shown, tuple(edge for edge in edges if edge.source != edge.target), len(pairs.members) - len(kept),
        len(pairs.members),
    )  # fmt: skip


def _units(pairs: Pairs, unfolded: frozenset[str]) -> Iterator[Unit]:
    """The boxes of workloads, in the order of the matrix."""
    by_space: dict[str, list[Member]] = {}
    for member in pairs.members:
        by_space.setdefault(member.ref.namespace, []).append(member)
    for space, members in by_space.items():
        if space not in unfolded:
            yield Unit(space, "namespace", space, members=tuple(members))
            continue
        for member in members:
            yield Unit(member.name, "workload", member.ref.name, space, (member,))


def _outside(place: Outside) -> Unit:
    return Unit(place.name, "outside", place.title, outside=place)


def _mattering(pairs: Pairs) -> list[int]:
    """The places outside that some workload is treated otherwise by than by the Internet, and the Internet."""
    names = [place.name for place in pairs.outside]
    if INTERNET not in names:
        return []
    base = names.index(INTERNET)
    return [
        place
        for place in range(len(names))
        if place == base
        or (pairs.outward[place] != pairs.outward[base]).any()
        or (pairs.inward[place] != pairs.inward[base]).any()
    ]


def _shown(
    units: list[Unit], outside: list[Unit], edges: list[Edge], wanted: Wanted, filters: list[list[bool]]
) -> tuple[Unit, ...]:
    """Boxes with a connection; without a filter all of the cluster's, with one those that it names."""
    ends = {name for edge in edges for name in (edge.source, edge.target)}
    inside = {edge.source: edge.pairs for edge in edges if edge.source == edge.target}
    shown, place = [unit for unit in outside if unit.name in ends], 0
    whole: dict[str, list[Unit]] = {}
    for unit in units:
        span = range(place, place + len(unit.members))
        place += len(unit.members)
        named = not wanted.filtered or (bool(filters) and any(all(f[n] for f in filters) for n in span))
        if unit.name not in ends and (not named or wanted.denied):
            continue
        kept = replace(unit, inside=inside.get(unit.name, 0)) if unit.name in inside else unit
        if unit.parent:
            whole.setdefault(unit.parent, []).append(kept)
        else:
            shown.append(kept)
    for space, within in whole.items():
        members = tuple(member for unit in within for member in unit.members)
        shown += [Unit(space, "namespace", space, members=members, unfolded=True), *within]
    return tuple(sorted(shown, key=_order))


def _order(unit: Unit) -> tuple[int, str, str]:
    """The outside first, then namespaces by name, each before its workloads."""
    place = unit.outside is None
    return int(place), (unit.parent or unit.name) if place else "", unit.name if unit.parent else ""
