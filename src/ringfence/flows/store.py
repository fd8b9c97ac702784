"""The store of flows: what logs said, kept as they were reduced, and the edges that are worked out of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows import rows
from ringfence.flows.adding import add
from ringfence.flows.choosing import Choice, chosen
from ringfence.flows.deriving import STALE, derive, stale
from ringfence.flows.duckdb_file import MEMORY, DuckDbFile
from ringfence.flows.edges import Coverage, EdgeSet
from ringfence.flows.exporting import export
from ringfence.flows.fetching import coverage, edge_set
from ringfence.flows.joining import Joined, join
from ringfence.flows.opening_storage import DUCKDB, open_storage
from ringfence.flows.pruning import Pruned, prune
from ringfence.flows.selection import Selection
from ringfence.flows.state import State
from ringfence.flows.status import Status
from ringfence.flows.storage import Storage
from ringfence.flows.stored import StoredInput, StoredState
from ringfence.flows.talkers import Sums, sums
from ringfence.model.errors import InputError

__all__ = ["DEFAULT", "Store", "StoredInput", "check_there", "edges_of", "open_store", "opened"]

DEFAULT = "ringfence-flows.duckdb"


class Store:
    """A store of flows. Changes are transactions: a crash loses nothing that was stored, and leaves nothing half."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    @property
    def path(self) -> str:
        """Where the store is."""
        return self._storage.path

    def inputs(self) -> list[StoredInput]:
        """All inputs, as far as they have been read, in the order in which they came."""
        found: dict[int, StoredInput] = {}
        for batch in self._storage.batches("inputs"):
            for row in batch.to_pylist():
                number = row.pop("input")
                stored = StoredInput(number, **row)
                known = found.get(number)
                if known is None or (known.size, known.ingested) <= (stored.size, stored.ingested):
                    found[number] = stored
        return [found[number] for number in sorted(found)]

    def add(self, reduction: Reduction, log: StoredInput, notes: Mapping[str, str] | None = None) -> None:
        """Adds what a log, or its next part, came to, and how far it has now been read: both or, in a crash, neither.

        ``log.number`` is that of an input that goes on, or :meth:`next_number`. ``notes`` are kept with it.
        """
        with self._storage.changing():
            add(self._storage, reduction, log, notes or {})
            stale(self._storage)

    def note(self, key: str) -> str:
        """A note that was kept with what a log came to; empty if there is none."""
        return self._storage.note(key)

    def set_note(self, key: str, value: str) -> None:
        """Keeps a note."""
        with self._storage.changing():
            self._storage.set_note(key, value)

    def next_number(self) -> int:
        """A number for a new input."""
        return 1 + max((stored.number for stored in self.inputs()), default=0)

    def add_state(self, state: State, name: str) -> bool:
        """Adds what a cluster had at a time; False if the store has it already."""
        body = rows.state_body(state)
        digest = rows.digest_of(body)
        if any(digest in batch.column("digest").to_pylist() for batch in self._storage.batches("states")):
            return False
        row = {"cluster": [state.cluster], "time": [state.time], "digest": [digest], "name": [name], "body": [body]}
        with self._storage.changing():
            self._storage.append("states", rows.arrow("states", row))
            stale(self._storage)
        return True

    def prune(self, before: float) -> Pruned:
        """Takes out what was before a time, in seconds since 1970; see :func:`ringfence.flows.pruning.prune`."""
        return prune(self._storage, before)

    def join(self, other: Store, cluster: str) -> Joined:
        """Adds what another store has; see :func:`ringfence.flows.joining.join`."""
        return join(self._storage, other._storage, cluster)

    def export(self, path: str, choice: Choice | None = None, *, by_hour: bool = False) -> int:
        """Writes edges to a file; see :func:`ringfence.flows.exporting.export`."""
        self.derive()
        return export(self._storage, choice or Choice(), path, by_hour=by_hour)

    def is_stale(self) -> bool:
        """Whether something was added since the edges were worked out."""
        return bool(self._storage.note(STALE))

    def derive(self) -> None:
        """Works out the edges, if something was added since."""
        if self.is_stale():
            derive(self._storage)

    def edges(self, choice: Choice | None = None, *, whole: bool = False, limit: int | None = None) -> EdgeSet:
        """The edges of a choice (all by default), in columns; ``whole`` brings hours, policies and all else with them.

        A million edges in columns take about two seconds; whole, twenty times that. ``limit`` chooses those with most
        connections.
        """
        self.derive()
        return edge_set(self._storage, choice or Choice(), whole=whole, limit=limit)

    def selection(self, choice: Choice | None = None) -> Selection:
        """The edges of a choice (all by default), to be asked where they are, as long as the store is open."""
        self.derive()
        return Selection(self._storage, choice or Choice())

    def sums(self, choice: Choice, keys: tuple[str, ...], *, octets: bool, limit: int) -> Sums:
        """Edges added up; see :func:`ringfence.flows.talkers.sums`."""
        self.derive()
        return sums(self._storage, choice, keys, octets=octets, limit=limit)

    def count(self, choice: Choice | None = None) -> int:
        """How many edges there are of a choice (all by default)."""
        self.derive()
        edges = chosen(self._storage, choice or Choice())
        return int(self._storage.fetch(edges.agg(number=edges.count())).column("number")[0].as_py())

    def _counted(self, name: str, column: str) -> Counter[str]:
        """How many rows of a table have which value."""
        table = self._storage.table(name)
        rows = self._storage.fetch(table.group_by(column).agg(number=table.count())).to_pydict()
        return Counter(dict(zip(rows[column], rows["number"], strict=True)))

    def coverage(self, choice: Choice | None = None) -> Coverage:
        """What the store has evidence of, in the window of the choice."""
        self.derive()
        return coverage(self._storage, choice or Choice())

    def status(self) -> Status:
        """What the store has."""
        self.derive()
        counted = self._counted("edges", "outcome"), self._counted("parties", "kind")
        return Status(self.path, self.coverage(), tuple(self.inputs()), tuple(self._states()), *counted)

    def _states(self) -> Iterator[StoredState]:
        for batch in self._storage.batches("states"):
            for row in batch.to_pylist():
                pods = sum(bool(pod.name) for pod in rows.state_of_body(row["body"]).pods)
                yield StoredState(row["name"], row["cluster"], row["time"], pods)

    def close(self) -> None:
        """Frees the store for others."""
        self._storage.close()


def open_store(path: str = DEFAULT, *, engine: str = DUCKDB, write: bool = False) -> Store:
    """Opens a store; with ``write`` it is made if it isn't there. Its user closes it.

    ``engine`` is what works on it: :data:`DUCKDB`, or the URL of a Spark master. A store whose edges must be worked out
    again is opened for writing in any case.

    Raises:
        InputError: there is none, it is no store, or it has another version; or the engine can't be used.
    """
    if not write:
        check_there(path)
    store = Store(open_storage(path, engine, write=write))
    if not write and store.is_stale():
        store.close()
        store = Store(open_storage(path, engine, write=True))
        store.derive()
    return store


def check_there(path: str) -> None:
    """Says where there is no store.

    Raises:
        InputError: there is none.
    """
    if not Path(path).exists():
        raise InputError(f"There is no store {path}. Make one: ringfence flows ingest LOG… --store {path}")


@contextmanager
def opened(path: str = DEFAULT, *, engine: str = DUCKDB, write: bool = False) -> Iterator[Store]:
    """As :func:`open_store`, closed at the end."""
    store = open_store(path, engine=engine, write=write)
    try:
        yield store
    finally:
        store.close()


def edges_of(reductions: Sequence[Reduction], states: Sequence[State] = (), *, log_format: str = "") -> EdgeSet:
    """The edges of logs that are in no store, whole."""
    store = Store(DuckDbFile(MEMORY, write=True))
    try:
        for number, reduction in enumerate(reductions, 1):
            nothing = StoredInput(
                number, "", log_format, "", "", 0, "", 0, reduction.lines, reduction.flows_read, None, None, time.time()
            )
            store.add(reduction, nothing)
        for state in states:
            store.add_state(state, "")
        return store.edges(whole=True)
    finally:
        store.close()
