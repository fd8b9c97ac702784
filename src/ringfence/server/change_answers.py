"""Questions about changes of policies: what changed, what that did to connections, and any two moments compared.

A moment is the cluster's pods of today under the policies, and labels of namespaces, of then. What the history never
heard of stands as it does today: as far as is known it was always so.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Final

import msgspec

from ringfence.cluster import Cluster
from ringfence.diff import DiffReport
from ringfence.history.identity import Identity, identity
from ringfence.history.journal import Journal
from ringfence.history.revision import Body, Recorded
from ringfence.model.errors import QueryError, RingfenceError
from ringfence.model.objects import Snapshot
from ringfence.observe import Moment
from ringfence.server.glance import Glance
from ringfence.server.source import Source
from ringfence.sources.live_items import LiveItem, snapshot_of

_KEPT_EFFECTS: Final = 500
_KEPT_CLUSTERS: Final = 6
_MOST_MOMENTS: Final = 12
"""More changes than this aren't looked through for the one before a denial: each asks for an engine of its own."""
_MOMENT: Final = dt.timedelta(microseconds=1)


class HistoryAwayError(RingfenceError):
    """The database of the history doesn't answer."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change, or all between two moments, did to connections; or why that can't be said."""

    report: DiffReport | None
    after: Cluster | None
    trouble: str = ""


class ChangeAnswers:
    """Answers about one history. ``cluster`` names the one that is served, of several in it.

    Every question may raise :class:`HistoryAwayError`.

    Raises:
        QueryError: the history is of several clusters and none is named.
    """

    def __init__(self, journal: Journal, source: Source, cluster: str = "", *, records: bool = False) -> None:
        known = journal.clusters()
        if not cluster and len(known) > 1:
            raise QueryError(
                f"The history is of several clusters. Name one with --history-cluster: {', '.join(known)}."
            )
        self._journal = journal
        self._source = source
        self.records = records
        """True where what is followed is recorded as it changes."""
        self._cluster = cluster or None
        self._lock = threading.RLock()
        self._clusters: OrderedDict[tuple[int, dt.datetime, int], tuple[Cluster, Cluster]] = OrderedDict()
        self._effects: OrderedDict[int, tuple[Snapshot, Effect]] = OrderedDict()
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._waiting: set[int] = set()
        self._worker: threading.Thread | None = None
        self.glance = Glance(lambda: str(self.count()))
        """Another text after each revision that is added, whoever records it."""

    def changes(
        self,
        *,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        namespace: str = "",
        most: int | None = None,
    ) -> list[Recorded]:
        """What changed, the latest first. A namespace takes in what is cluster-scoped, too."""
        if "\0" in namespace:  # which PostgreSQL takes in no text
            return []
        asked = self._journal.changes
        with _asking():
            return asked(cluster=self._cluster, since=since, until=until, namespace=namespace or None, most=most)

    def change(self, number: int) -> Recorded:
        """One change.

        Raises:
            QueryError: there is none of that number.
        """
        with _asking():
            found = self._journal.changes(cluster=self._cluster, number=number)
        if not found:
            raise QueryError(f"There is no change {number} in the history.")
        return found[0]

    def count(self) -> int:
        """How many revisions are recorded."""
        with _asking():
            return self._journal.count(self._cluster)

    def effect(self, recorded: Recorded) -> Effect:
        """What the change did to connections, over the pods of today; kept until these change."""
        with self._lock:
            now = self._source.cluster().snapshot
            known = self._effects.get(recorded.number)
            if known is not None and known[0].pods is now.pods:
                return known[1]
            time = recorded.revision.time
            effect = self._effect(time - _MOMENT, time)
            self._effects[recorded.number] = now, effect
            if len(self._effects) > _KEPT_EFFECTS:
                self._effects.popitem(last=False)
            return effect

    def known_effect(self, number: int) -> Effect | None:
        """What a change did, if that was worked out before."""
        known = self._effects.get(number)
        return known[1] if known is not None else None

    def effect_soon(self, number: int) -> Effect | None:
        """What is known of a change's effect; None where it is being worked out now, beside the questions."""
        known = self._effects.get(number)
        if known is not None:
            return known[1]
        with self._lock:
            if number not in self._waiting:
                self._waiting.add(number)
                self._asked.put(number)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
        return None

    def compare(self, since: dt.datetime, until: dt.datetime | None = None) -> tuple[DiffReport, Cluster]:
        """What changed between two moments, the second being now if it isn't named; and the cluster then.

        Raises:
            QueryError: there is no pod.
        """
        with self._lock:
            before = self.at(since)
            after = self._source.cluster() if until is None else self.at(until)
            return before.diff(after), after

    def at(self, time: dt.datetime) -> Cluster:
        """The cluster under the policies of a moment."""
        with self._lock:
            now, count = self._source.cluster(), self.count()
            key = id(now), time, count
            known = self._clusters.get(key)
            if known is None:
                with _asking():
                    bodies, known_objects = self._journal.at(time, self._cluster), self._journal.objects(self._cluster)
                snapshot = under(now.snapshot, bodies, known_objects)
                made = Cluster(snapshot, cni=now.cni, names=now.snapshot.names or None)
                known = self._clusters[key] = now, made
                if len(self._clusters) > _KEPT_CLUSTERS:
                    self._clusters.popitem(last=False)
            self._clusters.move_to_end(key)
            return known[1]

    def moments(self, first: float, last: float) -> Sequence[Moment]:
        """The cluster before the first change in a time, and after each of the latest; empty where nothing changed."""
        since, until = (dt.datetime.fromtimestamp(each, tz=dt.UTC) for each in (first, last))
        times = sorted({each.revision.time for each in self.changes(since=since, until=until)})[-_MOST_MOMENTS:]
        if not times:
            return ()
        found = []
        for time in (times[0] - _MOMENT, *times):
            cluster = self.at(time)
            found.append(Moment(time.timestamp(), f"{time:%Y-%m-%d %H:%M:%S}Z", cluster.snapshot, cluster.policies))
        return found

    def _effect(self, before: dt.datetime, after: dt.datetime) -> Effect:
        try:
            one, other = self.at(before), self.at(after)
            return Effect(one.diff(other), other)
        except HistoryAwayError:  # which is no property of the change
            raise
        except RingfenceError as error:
            return Effect(None, None, str(error))

    def _work(self) -> None:
        while True:
            number = self._asked.get()
            try:
                self.effect(self.change(number))
            except HistoryAwayError:
                pass  # who waits for it asks again
            except Exception as error:  # noqa: BLE001 -- told where the effect is asked for
                self._effects[number] = self._source.cluster().snapshot, Effect(None, None, str(error))
            self._waiting.discard(number)


@contextmanager
def _asking() -> Iterator[None]:
    """Tells that the database is away from all else that can go wrong with a question."""
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except OperationalError as error:
        raise HistoryAwayError("The history can't be read at the moment: its database doesn't answer.") from error


def under(now: Snapshot, bodies: Iterable[Body], known: frozenset[Identity]) -> Snapshot:
    """The snapshot with the policies and namespace labels of ``bodies``, in place of what is ``known`` to history."""
    then = snapshot_of([_item(body) for body in bodies], [])
    kept = [raw for raw in now.policies if identity(raw.ref) not in known]
    labels = {name: each for name, each in then.namespaces.items() if each.given and name in now.namespaces}
    problems = [each for each in then.findings if each.subject is not None or each.origin.position.file]
    return replace(
        now,
        policies=(*kept, *then.policies),
        namespaces={**now.namespaces, **labels},
        findings=tuple(problems),
    )


def _item(body: Body) -> LiveItem:
    kind, version = str(body.get("kind", "")), str(body.get("apiVersion", ""))
    return LiveItem(kind, version, msgspec.Raw(msgspec.json.encode(body)))
