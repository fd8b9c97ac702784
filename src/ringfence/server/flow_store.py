"""A store of flows that others may be writing to, as a server reads it.

DuckDB lets a file be open in one process that writes, or in several that read. A server that kept it open would stop
``ingest --follow`` beside it, so the file is copied as it is between two writings, and questions are asked of the copy.
Of a directory of Parquet files no part is ever changed, so it is read in place; only where its edges must be worked out
again is it copied, too. Nothing is ever written to the store itself.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ringfence.explain.recorded_clusters import of_cluster
from ringfence.flows.choosing import Choice
from ringfence.flows.duckdb_file import DuckDbFile
from ringfence.flows.edges import EdgeSet
from ringfence.flows.opening_storage import open_storage
from ringfence.flows.parquet_directory import MANIFEST
from ringfence.flows.store import Store, open_store
from ringfence.model.errors import InputError

_PAUSE: Final = 2.0
_SHARE: Final = 4
"""Seconds between two looks at the store, at least, and so many times what reading it took last."""
_KEPT: Final = 16
"""Choices of edges that are kept."""

_Stamp = tuple[tuple[int, int, int], ...]


class _Reading:
    """The store as it was at one time."""

    def __init__(self, path: str, cluster: str) -> None:
        self._cluster = cluster
        self.stamp = stamp(path)
        began = time.monotonic()
        self._edges: OrderedDict[Choice, EdgeSet] = OrderedDict()
        with ExitStack() as stack:
            try:
                made = tempfile.TemporaryDirectory(prefix="ringfence-flows-")
            except OSError as error:
                raise InputError(f"There is no directory for a copy of {path}: {error.strerror or error}.") from None
            directory = stack.enter_context(made)
            try:
                self._store = _opened(path, Path(directory))
            except OSError as error:
                raise InputError(f"{path} can't be copied: {error.strerror or error}.") from None
            stack.callback(self._store.close)
            self.edges(Choice())
            self._open = stack.pop_all()
        self.read = time.time()
        self.took = time.monotonic() - began

    def edges(self, choice: Choice) -> EdgeSet:
        if choice not in self._edges:
            self._edges[choice] = of_cluster(self._store.edges(choice, whole=True), self._cluster)
            if len(self._edges) > _KEPT:
                self._edges.popitem(last=False)
        self._edges.move_to_end(choice)
        return self._edges[choice]

    def close(self) -> None:
        self._open.close()


class FlowStore:
    """A store of flows. It is read again, beside the questions, when it has changed.

    ``cluster`` names the one that is asked about, of several in the store.

    Raises:
        InputError: there is no store, it can't be read, or another process keeps writing to it.
        QueryError: it keeps several clusters, and none is named, or none of that name.
    """

    def __init__(self, path: str, *, cluster: str = "", pause: float = _PAUSE) -> None:
        self.path = path
        self.trouble = ""
        """Why the store could not be read again; empty where it could."""
        self._cluster = cluster
        self._pause = pause
        self._asking = threading.Lock()
        self._again = threading.Lock()
        if not Path(path).exists():
            raise InputError(f"There is no store {path}. Make one: ringfence flows ingest LOG… --store {path}")
        self._reading = _Reading(path, cluster)
        self._readings = 1
        self._next = self._later()

    @property
    def read(self) -> float:
        """When what is answered was read, in seconds since 1970."""
        return self._reading.read

    @property
    def revision(self) -> str:
        """Another text after each reading. Who asks for it has the store read again if it changed, as :meth:`edges`."""
        self._look()
        return f"{self._readings}{'-stale' if self.trouble else ''}"

    def edges(self, choice: Choice | None = None) -> EdgeSet:
        """The edges of a choice, whole; the same object until the store is read again."""
        self._look()
        with self._asking:
            return self._reading.edges(choice or Choice())

    def close(self) -> None:
        """Ends the copy. What is read in the meantime is waited for."""
        with self._again, self._asking:
            self._next = float("inf")
            self._reading.close()

    def _later(self) -> float:
        return time.monotonic() + max(self._pause, _SHARE * self._reading.took)

    def _look(self) -> None:
        """Reads the store again in the background, if it is time and it has changed."""
        if time.monotonic() < self._next or not self._again.acquire(blocking=False):
            return
        try:
            self._next = time.monotonic() + self._pause
            if stamp(self.path) == self._reading.stamp:
                self._again.release()
                return
            threading.Thread(target=self._read_again, daemon=True).start()
        except BaseException:
            self._again.release()
            raise

    def _read_again(self) -> None:
        try:
            fresh = _Reading(self.path, self._cluster)
        except Exception as error:  # noqa: BLE001 -- whatever it is, what was read before is still answered
            self.trouble = str(error)
            self._next = self._later()
        else:
            with self._asking:
                old, self._reading, self.trouble = self._reading, fresh, ""
                self._readings += 1
                old.close()
            self._next = self._later()
        finally:
            self._again.release()


def stamp(path: str) -> _Stamp:
    """What tells that a store has changed: inode, time and size of its file, of its log, or of its list of files."""
    found = []
    for part in (Path(path), Path(f"{path}.wal"), Path(path, MANIFEST)):
        try:
            status = part.stat()
        except OSError:
            continue
        found.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(found)


def _opened(path: str, directory: Path) -> Store:
    """The store, so that it can be asked without anybody being kept from it; ``directory`` is for a copy.

    Raises:
        InputError: it is no store, or another process keeps writing to it.
        OSError: it can't be copied.
    """
    if Path(path).is_dir():
        store = Store(open_storage(path, "duckdb", write=False))
        if not store.is_stale():
            return store
        store.close()
        return open_store(_copied_tree(Path(path), directory / "store"))
    target = directory / "store.duckdb"
    held = DuckDbFile(path, write=False)  # as long as it is open to read, nobody writes
    try:
        # The log comes first: a process that closes any handle of a file loses its lock on it (fcntl(2)).
        for suffix in (".wal", ""):
            if Path(path + suffix).exists():
                shutil.copyfile(path + suffix, f"{target}{suffix}")
    finally:
        held.close()
    return open_store(str(target))


def _copied_tree(root: Path, target: Path) -> str:
    """The files that the store's list names, and the list as it was when it was read."""
    text = (root / MANIFEST).read_text(encoding="utf-8")
    for file in (file for files in json.loads(text)["files"].values() for file in files):
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, target / file)
    (target / MANIFEST).write_text(text, encoding="utf-8")
    return str(target)
