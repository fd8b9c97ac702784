"""From files into a store: what was read before is recognised, and a log that has grown goes on where it ended."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ringfence.flowlogs.follow import START as HEAD, Chunk
from ringfence.flowlogs.openers import STDIN, Content, Input, open_input
from ringfence.flowlogs.read import LogReading, Part, read
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import AUTO
from ringfence.flows.store import Store, StoredInput
from ringfence.model.errors import InputError
from ringfence.model.flow import Loss


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one input. ``known`` tells that all of it, or with ``lines`` a first part, was in the store.

    ``number`` is that of the input in the store, 0 if it has none.
    """

    name: str
    format: str
    lines: int
    records: int
    known: bool
    losses: tuple[Loss, ...] = ()
    number: int = 0


class Ingest:
    """Reads inputs into a store, each in one transaction.

    ``cluster`` names the cluster that the logs are of, empty where there is but one.
    """

    def __init__(self, store: Store, *, cluster: str = "", log_format: str = AUTO, workers: int = 2) -> None:
        self._store = store
        self._cluster = cluster
        self._format = log_format
        self._workers = workers
        self._inputs = {stored.number: stored for stored in store.inputs()}
        self._heads: dict[str, bytes] = {}

    def paths(self, paths: Sequence[str], stdin: BinaryIO | None = None) -> Iterator[Ingested]:
        """Reads files, directories and ``-``, and says what became of each input, once it is stored.

        A log is recognised by what it holds and not by its name, so a rotated or packed copy counts once.

        Raises:
            InputError: a path can't be read, or a file that was named is in no known format.
        """
        found = read(paths, format=self._format, stdin=stdin, workers=self._workers, known=self._known)
        for reading in found:
            yield self._take(reading)

    def stream(self, name: str, log_format: str, reduction: Reduction) -> Ingested:
        """Stores what a stream gave since the last time. It is one input; records that come again are counted again."""
        before = next((stored for stored in self._inputs.values() if self._is_stream(stored, name, log_format)), None)
        number = before.number if before is not None else self.next_number()
        self._add(number, name, log_format, reduction, Part(0, "", 0), b"")
        return Ingested(
            name, log_format, reduction.lines, reduction.flows_read, known=False, losses=tuple(reduction.losses)
        )

    def _is_stream(self, stored: StoredInput, name: str, log_format: str) -> bool:
        same = (stored.name, stored.format, stored.cluster) == (name, log_format, self._cluster)
        return same and not stored.head and not stored.digest

    def _known(self, path: str) -> Part | None:
        """The largest part of a log like this that is in the store; the reader compares the whole of it."""
        head = self._heads[path] = _head(path)
        alike = [stored for stored in self._alike(head) if stored.format]
        if not alike:
            return None
        best = max(alike, key=lambda stored: (stored.size, -stored.number))
        return Part(best.size, best.digest, best.lines)

    def _alike(self, head: bytes) -> list[StoredInput]:
        digests: dict[int, str] = {}
        found = []
        for stored in self._inputs.values():
            size = stored.head_size
            if stored.cluster != self._cluster or not 0 < size <= len(head):
                continue
            if size not in digests:
                digests[size] = _digest(head[:size])
            if digests[size] == stored.head:
                found.append(stored)
        return found

    def _take(self, reading: LogReading) -> Ingested:
        part, reduction = reading.part, reading.reduction
        name = "stdin" if reading.path == STDIN else reading.path
        head = self._heads.pop(reading.path, b"")
        same = self._same(part)
        if same is not None or not reading.format:
            losses = () if same is not None else tuple(reduction.losses)
            number = same.number if same is not None else 0
            return Ingested(name, reading.format, 0, 0, known=same is not None, losses=losses, number=number)
        before = self._going_on(head) if reading.resumed else None
        number = before.number if before is not None else self.next_number()
        self._add(number, name, reading.format, reduction, part, head[: min(HEAD, part.size)])
        return Ingested(
            name,
            reading.format,
            reduction.lines,
            reduction.flows_read,
            known=reading.resumed,
            losses=tuple(reduction.losses),
            number=number,
        )

    def stored(self, number: int) -> StoredInput:
        """An input of the store."""
        return self._inputs[number]

    def lose(self, number: int, loss: Loss) -> None:
        """Stores a loss of an input."""
        reduction = Reduction()
        reduction.lose(loss)
        self._store.add(reduction, self._inputs[number])

    def next_number(self) -> int:
        """The number of the next input that is new."""
        return 1 + max(self._inputs, default=0)

    def knows(self, path: str, stored: StoredInput) -> bool:
        """Whether a log begins as an input does."""
        return bool(stored.head) and stored in self._alike(_head(path))

    def begins(self, start: bytes) -> bool:
        """Whether an input begins as a log does of which these are the first bytes."""
        return bool(self._alike(start))

    def chunk(self, chunk: Chunk, number: int, notes: Mapping[str, str]) -> Ingested:
        """Stores what was read further of a log that is followed, with notes; ``number`` is 0 for one that is new."""
        reduction, part = chunk.reduction, chunk.part
        known = number != 0
        if not known and not chunk.format and not reduction.losses:
            return Ingested(chunk.path, "", 0, 0, known=False)
        number = number or self.next_number()
        self._add(number, chunk.path, chunk.format, reduction, part, chunk.start, notes)
        return Ingested(
            chunk.path,
            chunk.format,
            reduction.lines,
            reduction.flows_read,
            known=known,
            losses=tuple(reduction.losses),
            number=number,
        )

    def _same(self, part: Part) -> StoredInput | None:
        """The input that the store has in just these bytes."""
        for stored in self._inputs.values():
            if part.size and (stored.size, stored.digest, stored.cluster) == (part.size, part.digest, self._cluster):
                return stored
        return None

    def _going_on(self, head: bytes) -> StoredInput | None:
        return max(self._alike(head), key=lambda stored: (stored.size, -stored.number), default=None)

    def _add(
        self,
        number: int,
        name: str,
        log_format: str,
        reduction: Reduction,
        part: Part,
        head: bytes,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        before = self._inputs.get(number)
        stored = StoredInput(
            number,
            name,
            log_format,
            self._cluster,
            _digest(head) if head else "",
            len(head),
            part.digest,
            part.size,
            part.lines or reduction.lines + (before.lines if before is not None else 0),
            reduction.flows_read + (before.records if before is not None else 0),
            _first(reduction.first, before.first if before is not None else None, least=True),
            _first(reduction.last, before.last if before is not None else None, least=False),
            time.time(),
        )
        self._store.add(reduction, stored, notes)
        self._inputs[number] = stored


def _first(one: float | None, other: float | None, *, least: bool) -> float | None:
    times = [each for each in (one, other) if each is not None]
    if not times:
        return None
    return min(times) if least else max(times)


def _head(path: str) -> bytes:
    """The first bytes of a log, unpacked; none of a pipe, whose bytes come once, or of what can't be opened."""
    if not Path(path).is_file():
        return b""
    try:
        with open_input(Input(path, path), None) as stream:
            return Content(stream).read(HEAD)
    except InputError:  # its reader says so
        return b""


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
