"""From one source to items: tells JSON from YAML by what the text begins with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ringfence.model.codes import EMPTY_INPUT, NOT_AN_OBJECT
from ringfence.model.finding import Finding
from ringfence.model.origin import Origin, Position
from ringfence.sources.contents import ContentError, texts
from ringfence.sources.inputs import Source, open_source, shown, unreadable
from ringfence.sources.items import Item
from ringfence.sources.limits import Limits
from ringfence.sources.yaml_builder import YamlBuilder
from ringfence.sources.yaml_reader import read_yaml


class Reader:
    """Reads sources one after the other and gives every item to ``take``, every problem to ``findings``.

    ``begin`` is told the name and the text of each file before the first of its items is taken.
    """

    def __init__(
        self,
        limits: Limits,
        findings: list[Finding],
        take: Callable[[Item], None],
        begin: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._limits = limits
        self._findings = findings
        self._take = take
        self._begin = begin
        self._builder = YamlBuilder(limits)

    def read(self, source: Source, stdin: BinaryIO) -> bool:
        """Read one source; False where nothing of it could be parsed."""
        before = len(self._findings)
        done = False
        try:
            stream = open_source(source, stdin)
        except (OSError, ValueError) as error:
            self._findings.append(unreadable(source.path, error))
            return False
        try:
            for name, text in texts(stream, source.name, self._limits, self._findings):
                start, taken = len(self._findings), False
                if self._begin is not None:
                    self._begin(name, text)
                for item in self._items(name, text):
                    done = True
                    if item is not None:
                        taken = True
                        self._take(item)
                if not taken:
                    self._say_once(start)
        except ContentError as error:
            self._findings.append(error.finding(source.name))
        finally:
            if stream is not stdin:
                stream.close()
        if not done and len(self._findings) == before and source.named:
            what = f"{source.name} is empty."
            self._findings.append(Finding(EMPTY_INPUT, what, Origin(Position(shown(source.path)))))
            return True
        return done

    def _say_once(self, start: int) -> None:
        """Of a text that has nothing to do with Kubernetes, such as a log, one finding is enough."""
        found = self._findings[start:]
        same = [finding for finding in found if finding.code is NOT_AN_OBJECT]
        if len(same) > 1:
            first = dataclasses.replace(
                same[0], what=f"{same[0].what} The same holds for {len(same) - 1} more of this file."
            )
            self._findings[start:] = [first, *(finding for finding in found if finding.code is not NOT_AN_OBJECT)]

    def _items(self, name: str, text: bytes) -> Iterator[Item | None]:
        """The items of one text, and ``None`` for each document that could be parsed."""
        begin = text[:4096].lstrip()
        if not begin.startswith((b"{", b"[")) or begin.startswith(b"{{"):
            yield from read_yaml(name, text, self._builder, self._findings)
            return
        from ringfence.sources.json_reader import JsonError, read_json  # takes time to import, and few inputs are JSON

        before = len(self._findings)
        recover = name.lower().endswith((".json", ".jsonl")) or len(text) > self._limits.yaml_bytes
        try:
            yield from read_json(name, text, self._findings, recover=recover)
        except JsonError:
            # A text such as `{app: web}` is YAML; where not even YAML can be read of it, it is broken JSON.
            parsed = False
            for item in read_yaml(name, text, self._builder, self._findings):
                parsed = True
                yield item
            if not parsed:
                problems = self._findings[before:]
                del self._findings[before:]
                for again in read_json(name, text, self._findings, recover=True):
                    parsed = True
                    yield again
                if not parsed:
                    self._findings[before:] = problems
