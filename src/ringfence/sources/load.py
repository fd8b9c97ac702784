"""Paths to a snapshot."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

from ringfence.model.errors import InputError
from ringfence.model.finding import Finding, Severity
from ringfence.model.objects import Snapshot
from ringfence.sources.assemble import Assembler
from ringfence.sources.inputs import find_sources, shown
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

    if watcher is None:
        reader = Reader(limits, findings, assembler.take)
    else:
        reader = Reader(limits, findings, shown_too, watcher.begin)
    stream = sys.stdin.buffer if stdin is None else stdin
    with _collector_paused():
        for sources in find_sources(list(paths), findings, stdin_name):
            for source in sources:
                before = len(findings)
                if not reader.read(source, stream) and source.named:
                    problem = next((each for each in findings[before:] if each.severity is Severity.ERROR), None)
                    if problem is not None:
                        raise InputError(_sentence(problem), tuple(findings))
        if not assembler.objects:
            raise InputError(_nothing_found(paths, stdin_name, findings), tuple(findings))
        return assembler.snapshot()


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
