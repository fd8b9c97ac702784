"""Paths to a snapshot."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Protocol

from ringfence.model.errors import InputError
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.sources.assemble import Assembler
from ringfence.sources.inputs import APPLY, DELETE, LIVE, Source, find_sources, shown
from ringfence.sources.items import Item
from ringfence.sources.limits import Limits
from ringfence.sources.reader import Reader
from ringfence.sources.twins import Twins


class Watcher(Protocol):
    """Sees what is read on its way into a snapshot."""

    def begin(self, name: str, text: bytes) -> None:
        """A text begins: a file, or a file of an archive, under the name that its places show."""

    def take(self, item: Item) -> None:
        """An object of the text that began last."""


def load(
    paths: Sequence[str],
    stdin: BinaryIO | None,
    stdin_name: str,
    limits: Limits,
    watcher: Watcher | None = None,
    twins: Twins | None = None,
) -> Snapshot:
    """See :func:`ringfence.sources.load_snapshot`. A ``watcher`` is shown all that is read."""
    findings: list[Finding] = []
    assembler = Assembler(findings, twins)

    def shown_too(item: Item) -> None:
        assembler.take(item)
        if watcher is not None:
            watcher.take(item)

    def proposed(item: Item) -> None:
        item.update = True
        take(item)

    take = assembler.take if watcher is None else shown_too
    begin = None if watcher is None else watcher.begin
    given = Reader(limits, findings, take, begin)
    on_top = Reader(limits, findings, proposed, begin)
    stream = sys.stdin.buffer if stdin is None else stdin
    with _collector_paused():
        files = find_sources([file for path in paths if (file := _file(path)) is not None], findings, stdin_name)
        for path in paths:
            if path.startswith(LIVE):
                if begin is not None:
                    begin("cluster", b"")
                _take_live(path, take, findings, twins)
            elif path.startswith(DELETE):
                _delete(assembler, path.removeprefix(DELETE), findings)
            else:
                _read(on_top if path.startswith(APPLY) else given, next(files), stream, findings)
        if not assembler.objects:
            raise InputError(_nothing_found(paths, stdin_name, findings), tuple(findings))
        return assembler.snapshot()


def _file(path: str) -> str | None:
    """What a path names in the file system; None for one that names something else."""
    return None if path.startswith((LIVE, DELETE)) else path.removeprefix(APPLY)


def _read(reader: Reader, sources: Sequence[Source], stream: BinaryIO, findings: list[Finding]) -> None:
    for source in sources:
        before = len(findings)
        if not reader.read(source, stream) and source.named:
            problem = next((each for each in findings[before:] if each.severity is Severity.ERROR), None)
            if problem is not None:
                raise InputError(_sentence(problem), tuple(findings))


def _take_live(path: str, take: Callable[[Item], None], findings: list[Finding], twins: Twins | None) -> None:
    """A cluster that two readings share is asked once: what it changes in between is none of their difference."""
    from ringfence.sources.live_items import read_live, take_reading  # brings the network

    readings = {} if twins is None else twins.readings
    if path not in readings:
        readings[path] = read_live(path)
    take_reading(readings[path], take, findings)


def _delete(assembler: Assembler, name: str, findings: list[Finding]) -> None:
    """Takes away what ``namespace/Kind/name`` or ``Kind/name`` names."""
    *namespace, kind, plain = ("", "", *name.split("/"))[-3:]
    if kind and plain and assembler.drop(kind, plain, namespace[0]):
        return
    form = "" if kind and plain else " Write namespace/Kind/name, or Kind/name without a namespace."
    what = f"{shown(name)} is not in the input, so it can't be taken out of it.{form}"
    raise InputError(what, tuple(findings))


def _nothing_found(paths: Sequence[str], stdin_name: str, findings: list[Finding]) -> str:
    where = ", ".join(stdin_name if path == "-" else shown(path) for path in paths) or "no path"
    text = f"No Kubernetes object was found in {where}."
    problems = [each for each in findings if each.severity is Severity.ERROR]
    if problems:
        text += (
            f" The first of {len(problems)} problems: {_sentence(problems[0])}"
            if len(problems) > 1
            else (f" {_sentence(problems[0])}")
        )
    return text


def _sentence(finding: Finding) -> str:
    position = finding.origin.position
    text = f"{finding.what} {finding.hint}".rstrip()
    return f"{position}: {text}" if position.line else text


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Reading makes millions of values and no cycles: the collector would only walk them again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
