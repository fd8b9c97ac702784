"""All allowed connections of an engine, by pod or by workload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ringfence.engine import Engine
from ringfence.engine.pairs import AllPairs, Numbers
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
        self._several = [place for place, end in enumerate(self._destinations) if len(end.atoms) > 1]
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
        some, always = (merged[self._first] for merged in self._merged(rows))
        for place in self._several:
            numbers = np.concatenate([row[list(self._destinations[place].atoms)] for row in rows])
            some[place], always[place] = self._spread(numbers)
        if source.pod is not None:
            places = self._same_node(source.pod)
            some[places] = FULL
            always[places] = FULL
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
        if len(rows) == 1:
            return rows[0], rows[0]
        columns, places = np.unique(np.stack(rows), axis=1, return_inverse=True)
        spread = np.array([self._spread(column) for column in columns.T], dtype=np.int64)
        return spread[places, 0], spread[places, 1]

    def _spread(self, numbers: Numbers) -> tuple[int, int]:
        some = always = int(numbers[0])
        for number in np.unique(numbers).tolist():
            some = self._engine.table.union(some, number)
            always = self._engine.table.intersection(always, number)
        return some, always

    def _connection(self, src: ReachEnd, dst: ReachEnd, ports: int, always: int) -> Connection:
        sets = self._engine.table.sets
        return Connection(src, dst, sets[ports], sets[always])


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
