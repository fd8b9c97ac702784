"""Questions about recorded traffic, of the store that is served, beside the cluster as it is now."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeVar, cast

from ringfence.cluster import Cluster
from ringfence.explain.recorded_names import names_of
from ringfence.flows.choosing import Choice
from ringfence.flows.edges import Coverage, EdgeSet
from ringfence.model.errors import QueryError
from ringfence.model.flow import HOUR
from ringfence.model.objects import Pod
from ringfence.observe import DeniedReport, Moment, denied
from ringfence.observe.timeline import Timeline, timeline
from ringfence.observe.top import By, Top, top
from ringfence.replay import ReplayReport, replay
from ringfence.server.flow_store import FlowStore
from ringfence.server.flow_use import WorkloadUse, workload_use
from ringfence.server.source import Source

T = TypeVar("T")

_KEPT: Final = 32
"""Answers that are kept."""

Moments = Callable[[float, float], Sequence[Moment]]
"""The cluster's policies over time, between two times in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class DeniedCount:
    """Kinds of connections (ends, protocol and port) that policies denied, within the last hour and in all."""

    last_hour: int
    all: int


class NothingRecordedError(QueryError):
    """A question about flows of which the store has none."""


class FlowAnswers:
    """Answers about one store. Several threads may ask; one works, and what it found is kept until something changes.

    ``moments`` are asked for the change before each denial.
    """

    def __init__(self, store: FlowStore, source: Source, moments: Moments | None = None) -> None:
        self.store = store
        self._source = source
        self._moments = moments
        self._lock = threading.RLock()
        self._of: tuple[EdgeSet, Cluster] | None = None
        self._kept: OrderedDict[tuple[object, ...], Any] = OrderedDict()
        self._named: tuple[EdgeSet, Cluster, Cluster] | None = None

    @property
    def is_empty(self) -> bool:
        """True for a store without a connection."""
        return not len(self.store.edges())

    def denied(self, choice: Choice | None = None) -> DeniedReport:
        """Who is denied, since when, by which policy and line, and where records and policies disagree.

        Raises:
            NothingRecordedError: so it is, for this choice.
        """

        def make() -> DeniedReport:
            edges, cluster = self._edges(choice), self.cluster()
            return denied(edges, cluster.snapshot, cluster.policies, self._history(edges))

        return self._keep(("denied", choice), make)

    def timeline(self, choice: Choice | None = None) -> Timeline:
        """Connections by hour, and what turned from passing to denied.

        Raises:
            NothingRecordedError: so it is, for this choice.
        """

        def make() -> Timeline:
            edges = self._edges(choice)
            return timeline(edges, self.cluster().snapshot, self._history(edges))

        return self._keep(("timeline", choice), make)

    def top(self, choice: Choice | None = None, by: By = By.PAIR, *, octets: bool = False) -> Top:
        """Who talks most.

        Raises:
            NothingRecordedError: so it is, for this choice.
        """
        return self._keep(("top", choice, by, octets), lambda: top(self._edges(choice), by, octets=octets))

    def workload(self, name: str, choice: Choice | None = None) -> WorkloadUse:
        """What of a workload's allowed connections is used, what never was, and what is denied.

        Raises:
            EndpointError: there is no such workload.
        """

        def make() -> WorkloadUse:
            cluster = self.cluster()

            def own(pod: Pod) -> bool:
                return str(pod.workload) == name

            # All connections of a large cluster take seconds; those of one workload are two questions.
            outgoing, incoming = cluster.reach(sources=own), cluster.reach(destinations=own)
            allowed = chain(outgoing.connections, incoming.connections)
            return workload_use(name, self.store.edges(choice), cluster.snapshot, allowed)

        return self._keep(("workload", name, choice), make)

    def replay(self, text: bytes) -> tuple[ReplayReport, Cluster]:
        """Which recorded connections manifests would cut, or open, if they were applied; and the cluster with them.

        Raises:
            InputError: the manifests can't be read.
            NothingRecordedError: nothing is.
        """
        proposed = self._source.proposed(text)
        with self._lock:
            edges, today = self._edges(), self.cluster()
            named = Cluster(proposed.snapshot, cni=proposed.cni, names=today.snapshot.names or None)
            return replay(edges, named.snapshot, named.policies, today.policies), named

    def denied_pairs(self) -> frozenset[tuple[str, str]]:
        """Source and destination (``namespace/Kind/name``, or an address) of what policies deny and passes no more."""
        if self.is_empty:
            return frozenset()
        rows = self.denied().rows
        return frozenset(
            (row.source.name, row.destination.name) for row in rows if row.ending.by_policy and row.works_since is None
        )

    def denied_count(self) -> DeniedCount:
        """How much policies denied."""
        if self.is_empty:
            return DeniedCount(0, 0)
        rows = [row for row in self.denied().rows if row.ending.by_policy]
        since = time.time() - HOUR
        return DeniedCount(sum(row.last >= since for row in rows), len(rows))

    def coverage(self) -> Coverage:
        """What the store has evidence of."""
        return self.store.edges().coverage

    def cluster(self) -> Cluster:
        """The cluster as it is now, with names as the records tell them beside those that it was given."""
        with self._lock:
            edges, now = self.store.edges(), self._source.cluster()
            if self._named is None or self._named[0] is not edges or self._named[1] is not now:
                given = now.snapshot.names
                names = names_of(edges.parties, edges.coverage, given or None)
                more = len(names.records) > len(given.records)
                self._named = edges, now, Cluster(now.snapshot, cni=now.cni, names=names) if more else now
            return self._named[2]

    def _edges(self, choice: Choice | None = None) -> EdgeSet:
        edges = self.store.edges(choice)
        if not len(edges):
            raise NothingRecordedError(
                "Nothing is recorded for this choice of namespaces, workloads, ports and times."
                if choice not in (None, Choice())
                else f"{self.store.path} has no connection yet."
            )
        return edges

    def _history(self, edges: EdgeSet) -> Sequence[Moment]:
        first, last = edges.coverage.first, edges.coverage.last
        if self._moments is None or first is None or last is None:
            return ()
        return self._moments(first, last)

    def _keep(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What was found before of the same store and cluster, or is found now."""
        with self._lock:
            of = self.store.edges(), self._source.cluster()
            if self._of is None or any(one is not other for one, other in zip(self._of, of, strict=True)):
                self._of = of
                self._kept.clear()
            if key not in self._kept:
                self._kept[key] = make()
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return cast("T", self._kept[key])
