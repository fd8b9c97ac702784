"""Reads logs: each input to its distinct flows, losses and DNS answers."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from ringfence.flowlogs.detect import Detected, detect
from ringfence.flowlogs.feeding import Feed
from ringfence.flowlogs.format import Format
from ringfence.flowlogs.lines import ContentDigest
from ringfence.flowlogs.openers import STDIN, Content, Input, find_inputs, open_input
from ringfence.flowlogs.pool import Pool, Remote
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.registry import AUTO, FORMATS, by_name
from ringfence.flowlogs.work import Begin, Finished, Work
from ringfence.model.errors import InputError
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

MAX_WHOLE = 1 << 29
"""Bytes of an input that is one document."""

_BLOCK = 1 << 20
_HEAD = 1 << 20

_LARGE = 48 << 20  # bytes: below it, starting processes takes longer than they save
_LARGE_PACKED = 4 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """The first bytes of an input, unpacked: how many, their digest, and how many lines they are."""

    size: int
    digest: str
    lines: int


@dataclass(frozen=True, slots=True)
class LogReading:
    """What one input came to.

    ``format`` is the name of its format, empty if nothing is in it or (below a directory) it is no log. ``part`` is
    what was read since the beginning of the input: all of it but a last line that the file ends within. ``resumed``
    tells that the reduction begins behind the part that ``read`` was told to be known.
    """

    path: str
    format: str
    reduction: Reduction
    part: Part
    resumed: bool = False


def read(
    paths: Sequence[str | os.PathLike[str]],
    *,
    format: str = AUTO,  # noqa: A002 - as the option is called
    stdin: BinaryIO | None = None,
    workers: int = 2,
    known: Callable[[str], Part | None] | None = None,
) -> Iterator[LogReading]:
    """Reads the inputs that paths stand for, one after the other: files, directories, ``-`` for ``stdin``.

    ``format`` is a name of the registry; by default each input's is found out. Large files are read by ``workers``
    processes. ``known`` may say of a path which first part of it is counted already: if the input still begins with
    it, only what follows is read.

    Raises:
        InputError: a path can't be read, or a file that was named is in no known format.
        QueryError: there is no such format.
    """
    chosen = None if format == AUTO else by_name(format)
    return _all(find_inputs(paths), chosen, stdin, workers, known)


def _all(
    inputs: list[Input],
    chosen: Format | None,
    stdin: BinaryIO | None,
    workers: int,
    known: Callable[[str], Part | None] | None,
) -> Iterator[LogReading]:
    with Pool(workers) as pool:
        for source in inputs:
            before = known(source.path) if known is not None and source.path != STDIN else None
            yield _read(source, chosen, stdin, pool, before)


def _read(source: Input, chosen: Format | None, stdin: BinaryIO | None, pool: Pool, known: Part | None) -> LogReading:
    try:
        stream = open_input(source, stdin)
    except InputError as error:
        if source.named:
            raise
        return _no_log(source, str(error))
    try:
        content = Content(stream)
        head = content.peek(_HEAD)
        try:
            detected = sniff(head, chosen, source.name)
        except InputError as error:
            if source.named:
                raise
            return _no_log(source, str(error))
        if detected is None:
            return LogReading(source.path, "", _faulty(Reduction(), content, source.name, 1), Part(0, "", 0))
        if detected.format.whole:
            return _whole(source, detected, content)
        status = os.fstat(stream.fileno()) if source.path != STDIN else None
        size = status.st_size if status is not None and stat.S_ISREG(status.st_mode) else 0
        digest = ContentDigest()
        resumed = known is not None and size > 0 and _begins_with(known, content, digest)
        if known is not None and size > 0 and not resumed:
            stream.seek(0)
            content, digest = Content(stream), ContentDigest()
        number = known.lines + 1 if known is not None and resumed else 1
        wrapping = None if detected.unwrapper is None else detected.unwrapper.json
        header = head.partition(b"\n")[0] if detected.format.header else b""
        begin = Begin(source.name, source.path, detected.format.name, wrapping, number, header)
        finished = _lines(begin, detected, content, digest, pool, size)
    finally:
        if source.path != STDIN:
            stream.close()
    _faulty(finished.reduction, content, source.name, finished.lines)
    part = Part(digest.size, digest.hexdigest(), finished.lines)
    return LogReading(source.path, detected.format.name, finished.reduction, part, resumed)


def _lines(
    begin: Begin, detected: Detected, content: Content, digest: ContentDigest, pool: Pool, size: int
) -> Finished:
    """Reads what is left of an input: in ranges, in another process than the one that unpacks it, or here."""
    large = size - digest.size >= (_LARGE_PACKED if content.packed else _LARGE)
    if large and pool.workers > 1 and not content.packed and detected.format.independent and begin.wrapping is None:
        return pool.ranges(begin, size, digest)
    if begin.number == 1:
        begin = replace(begin, header=b"")  # it is the first line that is read
    work: Work | Remote = pool.take(1)[0].begin(begin) if large and pool.workers > 1 else Work(begin)
    while data := content.read(_BLOCK):
        digest.update(data)
        work.chunk(data)
    finished = work.finish()
    if finished.complete:
        digest.complete()
    return finished


def _begins_with(known: Part, content: Content, digest: ContentDigest) -> bool:
    while digest.read < known.size:
        data = content.read(min(_BLOCK, known.size - digest.read))
        if not data:
            return False
        digest.update(data)
    digest.complete()
    return digest.hexdigest() == known.digest


def sniff(head: bytes, chosen: Format | None, name: str) -> Detected | None:
    """The format of an input by its first bytes; None if they hold no line.

    Raises:
        InputError: no format fits, or several do.
    """
    formats = FORMATS if chosen is None else (chosen,)
    try:
        return detect(head.removeprefix(b"\xef\xbb\xbf").split(b"\n"), formats, name)
    except InputError:
        if chosen is None:
            raise
        return Detected(chosen, None)


def _no_log(source: Input, why: str) -> LogReading:
    reduction = Reduction()
    reduction.lose(Loss(LossKind.FOREIGN, f"A file was not read: {why}", 1, where=Position(source.name)))
    return LogReading(source.path, "", reduction, Part(0, "", 0))


def _faulty(reduction: Reduction, content: Content, name: str, line: int) -> Reduction:
    if content.fault:
        detail = f"The input was read only in part: {content.fault}."
        reduction.lose(Loss(LossKind.TRUNCATED, detail, None, where=Position(name, line)))
    return reduction


def _whole(source: Input, detected: Detected, content: Content) -> LogReading:
    document = content.read(MAX_WHOLE + 1)
    reduction = Reduction()
    if len(document) > MAX_WHOLE:
        reduction.unreadable(f"A document of more than {MAX_WHOLE >> 20} MiB is not read.", Position(source.name, 1))
        return LogReading(source.path, detected.format.name, reduction, Part(0, "", 0))
    digest = ContentDigest()
    digest.update(document)
    digest.complete()
    lines = document.count(b"\n") + (not document.endswith(b"\n"))
    feed = Feed(detected, source.name)
    feed.whole(document, lines, reduction)
    feed.end(reduction)
    _faulty(reduction, content, source.name, lines)
    return LogReading(source.path, detected.format.name, reduction, Part(digest.size, digest.hexdigest(), lines))
