"""All allowed connections of an engine, by pod or by workload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ringfence.engine import Engine
from ringfence.engine.pairs import AllPairs, Numbers, elementwise
from ringfence.engine.porttable import FULL, NONE
from ringfence.model.addresses import format_range
from ringfence.model.objects import Pod
from ringfence.reach.external import ExternalSpace
from ringfence.reach.notes import notes_of
from ringfence.reach.report import Connection, Grouping, ReachEnd, ReachReport
from ringfence.reach.summary import summarise

PodFilter = Callable[[Pod], bool]


def compute_reach(
    engine: Engine,
    grouping: Grouping = Grouping.WORKLOAD,
    *,
    sources: PodFilter | None = None,
    destinations: PodFilter | None = None,
    external: bool = True,
    summary_only: bool = False,
) -> ReachReport:
    """What is allowed.

    ``sources`` and ``destinations`` choose the pods at either end; where one is given, external addresses are left
    out at that end. ``external`` leaves them out altogether. The summary counts all pods, whatever is chosen. By
    workload, a node's own traffic to its pods, which is always allowed, is not counted as the workload's.
    """
    pairs = AllPairs(engine)
    space = ExternalSpace(engine)
    listing = _Listing(engine, pairs, space, grouping, sources, destinations)
    connections = () if summary_only else listing.connections(external=external)
    return ReachReport(
        grouping, listing.ends(), connections, summarise(engine, pairs, space), notes_of(engine, grouping)
    )


@dataclass(frozen=True, slots=True)
class _End:
    """One end of the listing: its atoms, and for a single pod the pod."""

    end: ReachEnd
    atoms: tuple[int, ...]
    pod: Pod | None


class _Listing:
    def __init__(
        self,
        engine: Engine,
        pairs: AllPairs,
        space: ExternalSpace,
        grouping: Grouping,
        sources: PodFilter | None,
        destinations: PodFilter | None,
    ) -> None:
        self._engine = engine
        self._pairs = pairs
        self._space = space
        self._filters = (sources, destinations)
        self._sources = _ends(engine, grouping, sources)
        self._destinations = self._sources if sources is destinations else _ends(engine, grouping, destinations)
        self._first = np.array([end.atoms[0] for end in self._destinations], dtype=np.int64)
        self._further = list(_further(self._destinations))
        self._on_node: dict[str, list[int]] = {}
        for place, end in enumerate(self._destinations):
            if end.pod is not None and end.pod.node and not end.pod.host_network:
                self._on_node.setdefault(end.pod.node, []).append(place)

    def ends(self) -> tuple[ReachEnd, ...]:
        return tuple(sorted({end.end for end in (*self._sources, *self._destinations)}))

    def connections(self, *, external: bool) -> Iterator[Connection]:
        sources, destinations = self._filters
        for source in self._sources:
            rows = [self._pairs.row(atom) for atom in source.atoms]
            yield from self._inside(source, rows)
            if external and destinations is None:
                for lo_hi, (ports, always) in self._space.ranges(*self._merged(rows)):
                    if ports != NONE:
                        yield self._connection(source.end, ReachEnd(format_range(lo_hi)), ports, always)
        if external and sources is None:
            for destination in self._destinations:
                rows = [self._pairs.ingress_row(atom) for atom in destination.atoms]
                for lo_hi, (ports, always) in self._space.ranges(*self._merged(rows)):
                    if ports != NONE:
                        yield self._connection(ReachEnd(format_range(lo_hi)), destination.end, ports, always)

    def _inside(self, source: _End, rows: list[Numbers]) -> Iterator[Connection]:
        some_of, always_of = self._merged(rows)
        some, always = some_of[self._first], always_of[self._first]
        for places, atoms in self._further:
            some[places] = self._union(some[places], some_of[atoms])
            always[places] = self._intersection(always[places], always_of[atoms])
        if source.pod is not None:
            local = self._same_node(source.pod)
            some[local] = FULL
            always[local] = FULL
        for place in np.flatnonzero(some != NONE).tolist():
            destination = self._destinations[place]
            if destination.end != source.end:
                yield self._connection(source.end, destination.end, int(some[place]), int(always[place]))

    def _same_node(self, pod: Pod) -> list[int]:
        if not pod.host_network:
            return []
        node_of = self._engine.facts.node_of_address
        nodes = {pod.node, *(node_of.get(address, "") for address in pod.addresses)}
        return [place for node in nodes for place in self._on_node.get(node, ())]

    def _merged(self, rows: list[Numbers]) -> tuple[Numbers, Numbers]:
        """By atom: what some of the rows allow, and what all of them do."""
        some = always = rows[0]
        for row in rows[1:]:
            some, always = self._union(some, row), self._intersection(always, row)
        return some, always

    def _union(self, a: Numbers, b: Numbers) -> Numbers:
        return elementwise(self._engine.table, self._engine.table.union, a, b)

    def _intersection(self, a: Numbers, b: Numbers) -> Numbers:
        return elementwise(self._engine.table, self._engine.table.intersection, a, b)

    def _connection(self, src: ReachEnd, dst: ReachEnd, ports: int, always: int) -> Connection:
        sets = self._engine.table.sets
        return Connection(src, dst, sets[ports], sets[always])


def _further(ends: list[_End]) -> Iterator[tuple[Numbers, Numbers]]:
    """The atoms of ends beyond the first of each: the second of every end that has one, the third, and so on."""
    for turn in range(1, max((len(end.atoms) for end in ends), default=0)):
        places = [place for place, end in enumerate(ends) if len(end.atoms) > turn]
        yield np.array(places), np.array([ends[place].atoms[turn] for place in places])


def _ends(engine: Engine, grouping: Grouping, chosen: PodFilter | None) -> list[_End]:
    groups: dict[ReachEnd, dict[int, Pod]] = {}
    for number, atom in enumerate(engine.universe.atoms):
        for pod in atom.pods:
            if chosen is None or chosen(pod):
                name = str(pod) if grouping is Grouping.POD else str(pod.workload)
                groups.setdefault(ReachEnd(name, pod.namespace), {})[number] = pod
    return [
        _End(end, tuple(atoms), next(iter(atoms.values())) if grouping is Grouping.POD else None)
        for end, atoms in sorted(groups.items())
    ]
