"""The processes that read large logs."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar, cast

from ringfence.flowlogs.lines import DIGEST_BLOCK, ContentDigest
from ringfence.flowlogs.work import Begin, Finished, Range, RangeRead, Work
from ringfence.flowlogs.worker import FINISH
from ringfence.model.flow import Loss
from ringfence.model.origin import Position

T = TypeVar("T")


class Remote:
    """Work that another process does, asked as :class:`~ringfence.flowlogs.work.Work` is."""

    def __init__(self) -> None:
        command = [sys.executable, "-P", "-m", "ringfence.flowlogs.worker"]
        environment = {
            # For glibc (mallopt(3)): memory that is free for a moment, between two reads, isn't given back.
            "MALLOC_MMAP_THRESHOLD_": str(1 << 28),
            "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of this package
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._requests = cast(IO[bytes], self._process.stdin)
        self._replies = cast(IO[bytes], self._process.stdout)

    def begin(self, begin: Begin) -> Remote:
        """Starts an input."""
        self._send(begin)
        return self

    def chunk(self, data: bytes) -> None:
        """Reads the next bytes of the input."""
        self._send(data)

    def range(self, task: Range) -> RangeRead:
        """Reads a range of the file."""
        self._send(task)
        return self._receive(RangeRead)

    def finish(self) -> Finished:
        """Gives what was read."""
        self._send(FINISH)
        return self._receive(Finished)

    def close(self) -> None:
        """Ends the process."""
        try:
            self._requests.close()
        except BrokenPipeError:
            self._process.kill()
        self._replies.close()
        self._process.wait()

    def _send(self, message: object) -> None:
        pickle.dump(message, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()

    def _receive(self, what: type[T]) -> T:
        # So many new objects would have the collector look at all of them several times, and none is garbage.
        collecting = gc.isenabled()
        gc.disable()
        try:
            answer = pickle.load(self._replies)  # noqa: S301 - from the process that was started above
        finally:
            if collecting:
                gc.enable()
        if not isinstance(answer, what):
            raise TypeError(f"a reading process answered with {type(answer).__name__}")
        return answer


class Pool:
    """Starts processes when they are first needed, and ends them all at the end."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._remotes: list[Remote] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for remote in self._remotes:
            remote.close()

    def take(self, number: int) -> list[Remote]:
        """So many processes, which do nothing else now."""
        while len(self._remotes) < number:
            self._remotes.append(Remote())
        return self._remotes[:number]

    def ranges(self, begin: Begin, size: int, digest: ContentDigest) -> Finished:
        """Reads a file from where the digest ends, in as many processes as there are; the digest then has it all.

        Half of them begin at its end: processes that read other hours have fewer tallies to share.
        """
        tasks = deque(enumerate(_cut(digest.size, size)))
        answers: dict[int, RangeRead] = {}

        def run(remote: Remote, take: Callable[[], tuple[int, Range]]) -> Finished:
            remote.begin(begin)
            while True:
                try:
                    index, task = take()
                except IndexError:
                    return remote.finish()
                answers[index] = remote.range(task)

        remotes = self.take(self.workers)
        with ThreadPoolExecutor(len(remotes)) as threads:
            parts = list(threads.map(run, remotes, cycle((tasks.popleft, tasks.pop))))
        result = parts[0].reduction
        for part in parts[1:]:
            result.merge(part.reduction)
        line = begin.number
        rest: int | None = None
        for index in sorted(answers):
            answer = answers[index]
            for loss in answer.losses:
                result.lose(_moved(loss, line - 1))
            line += answer.lines
            rest = rest if answer.rest is None else answer.rest
        end, complete = size, True
        if rest is not None:
            last = Work(replace(begin, number=line))
            last.chunk(_bytes(begin.path, rest, size))
            finished = last.finish()
            result.merge(finished.reduction)
            complete, line = finished.complete, finished.lines + 1
            end = size if complete else rest
        blocks = digest.blocks[: digest.size // DIGEST_BLOCK] + [answers[index].digest for index in sorted(answers)]
        whole = end // DIGEST_BLOCK
        digest.jump(blocks[:whole], _bytes(begin.path, whole * DIGEST_BLOCK, end))
        return Finished(result, complete, line - 1)


def _cut(begin: int, size: int) -> Iterator[Range]:
    """The ranges of a file of which the first bytes are known, along the blocks of its digest."""
    for start in range(begin // DIGEST_BLOCK * DIGEST_BLOCK, size, DIGEST_BLOCK):
        at = max(start, begin)
        yield Range(start, at, min(start + DIGEST_BLOCK, size), size, first=at == begin)


def _moved(loss: Loss, by: int) -> Loss:
    if loss.where is None:
        return loss
    return replace(loss, where=Position(loss.where.file, loss.where.line + by, loss.where.column))


def _bytes(path: str, start: int, end: int) -> bytes:
    with Path(path).open("rb") as stream:
        stream.seek(start)
        return stream.read(end - start)
