"""Reads one input, or parts of it: what is done in this process for small inputs, in others for large ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ringfence.flowlogs.detect import Detected
from ringfence.flowlogs.feeding import Feed
from ringfence.flowlogs.lines import LineCutter, new_hash
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import by_name
from ringfence.flowlogs.unwrap import Unwrapper
from ringfence.model.flow import Loss

STEP = 1 << 16
"""Bytes that are read at once. More would be given back to the system each time, and be slower to get again."""


@dataclass(frozen=True, slots=True)
class Begin:
    """A new input. ``wrapping`` is None, or whether lines are wrapped in JSON. ``number`` is that of the first line.

    ``header`` is a line that says how to read the others, and is not in what follows.
    """

    name: str
    path: str
    format: str
    wrapping: bool | None
    number: int = 1
    header: bytes = b""


@dataclass(frozen=True, slots=True)
class Range:
    """Read the lines that begin in ``begin`` … ``end`` of the file, which ends at ``limit``; hash ``start`` … ``end``.

    ``first`` tells that a line begins at ``begin``.
    """

    start: int
    begin: int
    end: int
    limit: int
    first: bool


@dataclass(frozen=True, slots=True)
class RangeRead:
    """What a range came to, but for its flows. Losses stand at line numbers that begin with 1 in the range.

    ``rest`` is where a last line without its newline begins, None if there is none.
    """

    lines: int
    losses: list[Loss]
    digest: bytes
    rest: int | None


@dataclass(frozen=True, slots=True)
class Finished:
    """What an input came to. ``complete`` is False if it ended within a line; ``lines`` are those that were read."""

    reduction: Reduction
    complete: bool
    lines: int


class Work:
    """The state of a worker: one input at a time."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        unwrapper = None if begin.wrapping is None else Unwrapper(json=begin.wrapping)
        self._feed = Feed(Detected(by_name(begin.format), unwrapper), begin.name)
        self._into = Reduction()
        self._cutter = LineCutter(begin.number)
        if begin.header:
            self._feed.lines([begin.header], 1, Reduction())

    def chunk(self, data: bytes) -> None:
        """Reads the next bytes of the input."""
        self._lines(self._cutter, data)

    def range(self, task: Range) -> RangeRead:
        """Reads a range of the file."""
        cutter = LineCutter()
        digest = new_hash()
        with Path(self._begin.path).open("rb", buffering=0) as stream:
            position = task.start
            skip = not task.first and os.pread(stream.fileno(), 1, task.begin - 1) != b"\n"
            while position < task.end:
                data = os.pread(stream.fileno(), min(STEP, task.end - position), position)
                if not data:
                    break
                digest.update(data)
                fresh = data[max(0, task.begin - position) :]
                position += len(data)
                if skip:
                    end = fresh.find(b"\n")
                    skip = end < 0
                    fresh = fresh[end + 1 :] if end >= 0 else b""
                self._lines(cutter, fresh)
            rest = self._straddling(stream.fileno(), cutter, position, task)
        self._feed.too_long(cutter.too_long, self._into)
        self._into.lines += cutter.skipping  # its newline is in another range, which doesn't count it
        return RangeRead(cutter.number - 1 + cutter.skipping, self._into.take_losses(), digest.digest(), rest)

    def _straddling(self, file: int, cutter: LineCutter, position: int, task: Range) -> int | None:
        """Reads the line that begins in the range and ends behind it; says where it begins if it doesn't end."""
        while cutter.waiting:
            if position >= task.limit:
                return position - cutter.waiting
            data = os.pread(file, min(STEP, task.limit - position), position)
            if not data:
                return None
            end = data.find(b"\n")
            position += len(data)
            self._lines(cutter, data[: end + 1] if end >= 0 else data)
        return None

    def _lines(self, cutter: LineCutter, data: bytes) -> None:
        block = cutter.feed(data)
        if block:
            cutter.number += self._feed.block(block, cutter.number, self._into)

    def finish(self) -> Finished:
        """Gives what was read; a last line of the chunks without its newline is read, too."""
        number = self._cutter.number
        self._into.lines += self._cutter.skipping
        complete = self._feed.last(self._cutter.rest(), number, self._into)
        self._feed.too_long(self._cutter.too_long, self._into)
        self._feed.end(self._into)
        return Finished(self._into, complete, self._cutter.number - 1 - (not complete))
