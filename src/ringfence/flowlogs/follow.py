"""Reads a file that grows, through its rotation, so that each complete line is read once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ringfence.flowlogs.feeding import Feed
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.lines import ContentDigest, LineCutter
from ringfence.flowlogs.openers import Input, open_input
from ringfence.flowlogs.read import Part, sniff
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import AUTO, by_name
from ringfence.model.errors import InputError
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

_BLOCK = 1 << 20
_HEAD = 256

START = 1 << 16
"""Bytes at the beginning of a log that are given with what was read of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file has been read: all lines before ``offset``, which are ``lines``.

    ``device``, ``inode`` and ``head``, its first bytes, tell whether it is still the same file.
    """

    offset: int
    lines: int
    device: int
    inode: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """What some lines of a file came to, and how far it is read with them. Who keeps both together loses nothing.

    ``part`` is all that was read of the file so far, and ``start`` its first bytes, at most :data:`START`: by these a
    copy of it is recognised. ``emptied`` tells that the file was emptied under the reader, after ``part`` was read.
    """

    path: str
    format: str
    reduction: Reduction
    mark: Mark
    part: Part
    start: bytes
    emptied: bool = False


def follow(
    path: str | os.PathLike[str],
    *,
    format: str = AUTO,  # noqa: A002 - as the option is called
    mark: Mark | None = None,
    poll: float = 0.5,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Chunk]:
    """Reads what is appended to a file, from ``mark`` on, and looks for more each ``poll`` seconds.

    A last line without its newline waits for the rest. When the file is renamed and made anew, the old one is read to
    its end first; also if that happened after ``mark`` was made and the old one lies beside the new one. When it is
    emptied, what was written since it was last read is lost, and told as a loss. ``stop`` ends it.

    Raises:
        InputError: the file can't be read or is in no known format.
        QueryError: there is no such format.
    """
    follower = _Follower(os.fspath(path), None if format == AUTO else by_name(format), poll, stop)
    return follower.chunks(mark)


class _Follower:
    def __init__(self, path: str, chosen: Format | None, poll: float, stop: Callable[[], bool]) -> None:
        self._path = path
        self._chosen = chosen
        self._poll = poll
        self._stop = stop

    def chunks(self, mark: Mark | None) -> Iterator[Chunk]:
        if mark is not None and not _same(self._path, mark, moved=False):
            old = _renamed(self._path, mark)
            if old is not None:
                with _open(old) as stream:
                    yield from self._file(_Reading(old, stream, mark), growing=False)
                mark = None
            elif not _same(self._path, mark, moved=True):
                yield self._gap(mark)
                mark = None
        while True:
            while not Path(self._path).exists():
                if self._stop():
                    return
                time.sleep(self._poll)
            with _open(self._path) as stream:
                stopped = yield from self._file(_Reading(self._path, stream, mark), growing=True)
            mark = None
            if stopped:
                return

    def _file(self, reading: _Reading, *, growing: bool) -> Generator[Chunk, None, bool]:
        """Reads one file to its end; if it is growing, until it is renamed or emptied. True if nobody wants more."""
        replaced = False
        while True:
            data = reading.read()
            if data and not reading.intact:
                yield from reading.emptied(self._chosen)
                return False
            if data:
                chunk = reading.take(data, self._chosen)
                if chunk is not None:
                    yield chunk
                continue
            if replaced or not growing:  # and nothing has been written to the old file meanwhile
                yield from reading.end(self._chosen)
                return False
            change = reading.change()
            if change == "emptied":
                yield from reading.emptied(self._chosen)
                return False
            if change == "replaced":
                replaced = True
                continue
            if self._stop():
                yield from reading.pause()
                return True
            time.sleep(self._poll)

    def _gap(self, mark: Mark) -> Chunk:
        """The loss of what nobody can read any more; it leads to the beginning of whatever file comes."""
        reduction = Reduction()
        why = "The file was replaced while nobody read it, and the old one isn't beside it: its last lines are missing."
        reduction.lose(Loss(LossKind.NO_DATA, why, None, where=Position(self._path, mark.lines + 1)))
        return Chunk(self._path, "", reduction, Mark(0, 0, 0, 0, b""), Part(0, "", 0), b"")


class _Reading:
    """One file that is read as it grows."""

    def __init__(self, path: str, stream: BinaryIO, mark: Mark | None) -> None:
        self._path = path
        self._stream = stream
        self._status = os.fstat(stream.fileno())
        self._head = mark.head if mark is not None else b""
        self._cutter = LineCutter(mark.lines + 1 if mark is not None else 1, mark.offset if mark is not None else 0)
        self._waiting = b""
        self._format = ""
        self._feed: Feed | None = None
        self._start = b""
        self._digest = ContentDigest()
        left = self._cutter.offset
        while left and (data := stream.read(min(left, _BLOCK))):  # what was read before is recognised by all of it
            self._note(data)
            left -= len(data)
        self._digest.complete()

    def read(self) -> bytes:
        return self._stream.read(_BLOCK)

    @property
    def intact(self) -> bool:
        """Whether the file still begins as it did."""
        known, self._head = self._head, os.pread(self._stream.fileno(), _HEAD, 0)
        return self._head.startswith(known)

    def _note(self, data: bytes) -> None:
        self._digest.update(data)
        self._start += data[: START - len(self._start)]

    def take(self, data: bytes, chosen: Format | None) -> Chunk | None:
        """Reads the lines that are complete now; None if there is none."""
        self._note(data)
        if self._feed is None:
            self._waiting += data
            if b"\n" not in self._waiting:
                return None
            self._feed = self._begin(self._waiting, chosen)
            if self._feed is None:  # only empty lines so far
                return None
            data, self._waiting = self._waiting, b""
        into = Reduction()
        block = self._cutter.feed(data)
        if not block:
            return None
        self._cutter.number += self._feed.block(block, self._cutter.number, into)
        self._feed.settle()
        self._lose_long(into)
        return self._chunk(into)

    def end(self, chosen: Format | None) -> Iterator[Chunk]:
        """The file is complete; what stands behind its last newline is a line."""
        into = Reduction()
        if self._feed is None and self._waiting:
            self._feed = self._begin(self._waiting, chosen)
            self._cutter.feed(self._waiting)
        if self._feed is not None:
            number = self._cutter.number
            self._feed.last(self._cutter.rest(), number, into)
            self._lose_long(into)
            self._feed.end(into)
            self._digest.complete()
            yield self._chunk(into)

    def emptied(self, chosen: Format | None) -> Iterator[Chunk]:
        """The file was cut to nothing under the reader, as ``copytruncate`` of logrotate does."""
        part = self._part()
        unread = [self._chunk(Reduction())] if self._feed is None and part.size else []
        for chunk in [*self.end(chosen), *unread]:
            mark = Mark(0, 0, self._status.st_dev, self._status.st_ino, b"")
            chunk = replace(chunk, mark=mark, part=part, emptied=True)
            why = "The file was emptied while it was read: what was written just before is missing."
            where = Position(self._path, self._cutter.number)
            chunk.reduction.lose(Loss(LossKind.NO_DATA, why, None, where=where))
            yield chunk

    def pause(self) -> Iterator[Chunk]:
        """Nobody wants more: a record that waits for the next line is given up, a line that is incomplete isn't."""
        into = Reduction()
        if self._feed is not None:
            self._feed.end(into)
        if into.losses or into.counted:
            yield self._chunk(into)

    def change(self) -> str:
        """What became of the file: ``replaced``, ``emptied``, or nothing."""
        try:
            now = Path(self._path).stat()
        except FileNotFoundError:
            return "replaced"
        if (now.st_dev, now.st_ino) != (self._status.st_dev, self._status.st_ino):
            return "replaced"
        return "emptied" if now.st_size < self._stream.tell() else ""

    def _begin(self, data: bytes, chosen: Format | None) -> Feed | None:
        resumed = self._cutter.offset > 0
        head = os.pread(self._stream.fileno(), _BLOCK, 0) if resumed else data
        detected = sniff(head, chosen, self._path)
        if detected is None:
            return None
        if detected.format.whole:
            raise InputError(f"{self._path} is one document of {detected.format.title}, which can't be followed.")
        self._format = detected.format.name
        feed = Feed(detected, self._path)
        if resumed and detected.format.header:
            feed.lines([head.partition(b"\n")[0]], 1, Reduction())
        return feed

    def _lose_long(self, into: Reduction) -> None:
        if self._feed is not None and self._cutter.too_long:
            self._feed.too_long(self._cutter.too_long, into)
            self._cutter.too_long.clear()

    def _chunk(self, into: Reduction) -> Chunk:
        mark = Mark(self._cutter.offset, self._cutter.number - 1, self._status.st_dev, self._status.st_ino, self._head)
        return Chunk(self._path, self._format, into, mark, self._part(), self._start[: self._digest.size])

    def _part(self) -> Part:
        return Part(self._digest.size, self._digest.hexdigest(), self._cutter.number - 1)


def _open(path: str) -> BinaryIO:
    return open_input(Input(path, path), None)


def _same(path: str, mark: Mark, *, moved: bool) -> bool:
    """Whether a file still has what was read of the marked one: it itself, or a copy of it if it was ``moved``."""
    try:
        with Path(path).open("rb") as stream:
            status = os.fstat(stream.fileno())
            if not moved and (status.st_dev, status.st_ino) != (mark.device, mark.inode):
                return False
            return status.st_size >= mark.offset and stream.read(len(mark.head)) == mark.head
    except OSError:
        return False


def _renamed(path: str, mark: Mark) -> str | None:
    """The file of a mark under the name that rotation gave it, which begins with its old one, or with its stem."""
    file = Path(path)
    for other in sorted(file.parent.glob(f"{_escaped(file.stem)}*")):
        if other.is_file() and _same(str(other), mark, moved=False):
            return str(other)
    return None


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)
