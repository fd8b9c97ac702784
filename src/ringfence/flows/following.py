"""Logs that grow, read into a store as they do: through rotation, and on from where a killed reader ended.

How far a log is read (its *mark*) stands in the store beside what it came to, in one transaction. So a reader that is
killed loses nothing and counts nothing twice.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ringfence.flowlogs.follow import Chunk, Mark, follow
from ringfence.flowlogs.openers import Content, Input, find_inputs, open_input
from ringfence.flows.ingest import Ingest, Ingested
from ringfence.flows.store import Store
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

COMMIT = 2.0
"""Seconds between two transactions, at least."""

LOOK = 5.0
"""Seconds between two looks for new files in directories."""

POLL = 0.5
"""Seconds between two looks of a reader at its file."""

DERIVE = 600.0
"""Seconds after which edges are worked out, so that a question needn't wait for all that came."""

_HEAD = 256
_GONE = "The file was replaced while nobody read it, and no copy of it is beside it: its last lines are missing."
_WAITING = 32
"""Chunks that may wait for a transaction; readers wait for room."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a log is read, and the number of its input; ``mark`` is None at the beginning of a file that is new."""

    number: int
    mark: Mark | None


_place = msgspec.json.Decoder(_Place)


class Following:
    """Reads logs into a store, until ``stop`` is set. ``opened`` opens the store, which is closed in between.

    Args:
        opened: opens the store to be written, for as long as a transaction takes.
        paths: files, and directories whose files are followed, those that come later, too.
        cluster: name of the cluster that the logs are of.
        log_format: name of their format, or ``auto``.
        stop: set to end it.
    """

    def __init__(
        self,
        opened: Callable[[], AbstractContextManager[Store]],
        paths: Sequence[str],
        *,
        cluster: str,
        log_format: str,
        stop: threading.Event,
    ) -> None:
        self._opened = opened
        self._paths = paths
        self._cluster = cluster
        self._format = log_format
        self._stop = stop
        self._queue: queue.Queue[tuple[str, Chunk | Exception]] = queue.Queue(_WAITING)
        self._readers: dict[str, threading.Thread] = {}
        self._places: dict[str, _Place] = {}
        self._done: set[tuple[int, int]] = set()
        self._copied: set[str] = set()
        self._derived = time.monotonic()

    def run(self) -> Iterator[Ingested]:
        """What was read, each time after it is stored.

        Raises:
            InputError: a file that was named can't be read or followed, or the store can't be used.
        """
        looked = 0.0
        while not self._stop.is_set():
            if not looked or time.monotonic() - looked > LOOK:
                yield from self._look()
                looked = time.monotonic()
            self._stop.wait(COMMIT)
            yield from self._store()
        while any(thread.is_alive() for thread in self._readers.values()) or not self._queue.empty():
            yield from self._store()
            time.sleep(0.01)

    def _look(self) -> Iterator[Ingested]:
        """Begins with files that are not followed yet."""
        for source in find_inputs(self._paths):
            if source.path in self._readers:
                continue
            status = Path(source.path).stat()
            if (status.st_dev, status.st_ino) in self._done | self._followed():
                continue
            with self._opened() as store:
                yield from self._begin(Ingest(store, cluster=self._cluster, log_format=self._format), store, source)

    def _followed(self) -> set[tuple[int, int]]:
        marks = (place.mark for path, place in self._places.items() if path in self._readers)
        return {_file(mark) for mark in marks if mark is not None}

    def _begin(self, ingest: Ingest, store: Store, source: Input) -> Iterator[Ingested]:
        """Goes on where the store's mark is, or reads a file as far as it is; then follows it."""
        path = source.path
        known = store.note(self._key(path))
        place = _place.decode(known) if known else None
        if place is not None and place.mark is not None and not _goes_on(path, place.mark):
            yield from self._rest(ingest, path, place)
            place = None
        while place is None:
            with Path(path).open("rb") as stream:
                status = Path(path).stat()
                head = stream.read(_HEAD)
            (found,) = ingest.paths([path])
            now = Path(path).stat()
            if (now.st_dev, now.st_ino) != (status.st_dev, status.st_ino):
                continue  # it was rotated meanwhile; what was read of either is recognised by what it holds
            if not _can_grow(source) or (not found.format and not source.named and now.st_size):
                self._done.add((now.st_dev, now.st_ino))
                yield found
                return
            size, lines = 0, 0
            if found.number:
                stored = ingest.stored(found.number)
                size, lines = stored.size, stored.lines
            place = _Place(found.number, Mark(size, lines, status.st_dev, status.st_ino, head[:size]))
            store.set_note(self._key(path), msgspec.json.encode(place).decode())
            if found.lines or not found.known:
                yield found
        self._places[path] = place
        thread = threading.Thread(target=self._read, args=(path, place.mark), daemon=True, name=f"follow {path}")
        self._readers[path] = thread
        thread.start()

    def _read(self, path: str, mark: Mark | None) -> None:
        try:
            for chunk in follow(path, format=self._format, mark=mark, poll=POLL, stop=self._stop.is_set):
                self._queue.put((path, chunk))
        except Exception as error:  # noqa: BLE001 - it is raised where chunks are taken
            self._queue.put((path, error))

    def _store(self) -> Iterator[Ingested]:
        """Stores what waits, chunks of one file together."""
        waiting: list[tuple[str, Chunk]] = []
        while not self._queue.empty():
            path, chunk = self._queue.get()
            if isinstance(chunk, Exception):
                self._stop.set()
                raise chunk
            before = waiting[-1][1] if waiting and waiting[-1][0] == path else None
            if before is not None and _same_file(before, chunk):
                before.reduction.merge(chunk.reduction)
                waiting[-1] = path, replace(chunk, reduction=before.reduction)
            else:
                waiting.append((path, chunk))
        if not waiting:
            return
        with self._opened() as store:
            ingest = Ingest(store, cluster=self._cluster, log_format=self._format)
            for path, chunk in waiting:
                yield from self._take(ingest, path, chunk)
            if time.monotonic() - self._derived > DERIVE:
                store.derive()
                self._derived = time.monotonic()

    def _take(self, ingest: Ingest, path: str, chunk: Chunk) -> Iterator[Ingested]:
        place = self._places[path]
        number = place.number
        if path in self._copied or (not number and ingest.begins(chunk.start)):
            self._copied.add(path)  # a copy that was looked at while it was being made
            yield from (found for found in ingest.paths([path]) if found.lines)
            return
        is_gone = not chunk.mark.inode  # it was rotated before its reader began
        is_other = place.mark is not None and _file(chunk.mark) != _file(place.mark)
        if number and (is_gone or (chunk.emptied and not is_other)):
            rest = list(self._copies(ingest, path, number))
            yield from rest
            if rest:  # a copy has the last lines, too
                self._places[path] = _Place(0, chunk.mark)
                return
        if place.mark is not None and is_other:
            self._done.add(_file(place.mark))
            number = 0  # another file under the same name
        after = _Place(0 if chunk.emptied else number or ingest.next_number(), chunk.mark)
        body = msgspec.json.encode(after).decode()
        found = ingest.chunk(chunk, number, {self._key(path): body})
        self._places[path] = after if found.number else _Place(0, chunk.mark)
        if found.lines or found.losses:
            yield found

    def _rest(self, ingest: Ingest, path: str, place: _Place) -> Iterator[Ingested]:
        """Reads what was added to a file after its mark, before it was rotated, from where it lies now."""
        found = list(self._copies(ingest, path, place.number)) if place.number else []
        yield from found
        if place.number and not found:
            line = 1 + (place.mark.lines if place.mark is not None else 0)
            loss = Loss(LossKind.NO_DATA, _GONE, None, where=Position(path, line))
            ingest.lose(place.number, loss)
            yield Ingested(path, ingest.stored(place.number).format, 0, 0, known=True, losses=(loss,))

    def _copies(self, ingest: Ingest, path: str, number: int) -> Iterator[Ingested]:
        """Reads on in files beside a log that begin as the input does: renamed, copied, packed."""
        stored = ingest.stored(number)
        file = Path(path)
        for other in sorted(file.parent.iterdir()):
            is_copy = other.is_file() and other.name != file.name and other.name.startswith(file.stem)
            if is_copy and ingest.knows(str(other), stored):
                yield from ingest.paths([str(other)])

    def _key(self, path: str) -> str:
        return f"follow:{self._cluster}:{Path(path).absolute()}"


def _goes_on(path: str, mark: Mark) -> bool:
    """Whether a file is the one that a mark is of, and still has what was read of it."""
    with Path(path).open("rb") as stream:
        status = Path(path).stat()
        same = (status.st_dev, status.st_ino) == (mark.device, mark.inode)
        return same and status.st_size >= mark.offset and stream.read(len(mark.head)) == mark.head


def _file(mark: Mark) -> tuple[int, int]:
    return mark.device, mark.inode


def _can_grow(source: Input) -> bool:
    """Whether a file can be followed: one that is packed can't."""
    with open_input(source, None) as stream:
        return not Content(stream).packed


def _same_file(one: Chunk, other: Chunk) -> bool:
    ends = one.emptied or other.emptied
    return not ends and _file(one.mark) == _file(other.mark)
