"""A YAML text into items: every document by itself, so that a broken one costs no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.model.codes import DUPLICATE_KEY
from ringfence.model.finding import Finding
from ringfence.model.origin import Origin, Position
from ringfence.sources.items import PlainItem, plain_items
from ringfence.sources.positions import Lines, YamlSource
from ringfence.sources.yaml_builder import YamlBuilder, YamlDocument, YamlError

_SEPARATOR = re.compile(rb"---(?=[ \t\r\n]|\Z)|\.\.\.(?=[ \t\r\n]|\Z)[^\n]*\n?")
_NO_CONTENT = re.compile(rb"(?:(?:%|\.\.\.|[ \t]*#|[ \t\r]*$)[^\n]*\n?)*", re.MULTILINE)
_TEMPLATE = re.compile(rb"\{\{-?\s*[\w.$/\"(]")


def read_yaml(name: str, text: bytes, builder: YamlBuilder, findings: list[Finding]) -> Iterator[PlainItem | None]:
    """The objects of ``text``, and ``None`` for each document that could be parsed.

    A document that can't be parsed becomes a finding; reading goes on after the next separator line.
    """
    line = 0
    for chunk in chunks(text):
        lines = Lines(chunk, line)
        try:
            for document in builder.documents(chunk):
                yield None
                yield from _items(name, lines, document, findings)
        except YamlError as error:
            findings.append(_not_parsable(name, lines, error, chunk))
        line += chunk.count(b"\n")


def _not_parsable(name: str, lines: Lines, error: YamlError, text: bytes) -> Finding:
    hint = ""
    if _TEMPLATE.search(text):
        hint = "It looks like a Helm template: render it first, with `helm template`."
    origin = Origin(Position(name, *lines.at(error.offset)))
    return Finding(error.code, f"This document can't be read: {error.problem}.", origin, hint=hint)


def chunks(text: bytes) -> Iterator[bytes]:
    """The text cut before its lines ``---`` and after its lines ``...``; directives stay with their document."""
    start = 0
    for place in _separators(text):
        match = _SEPARATOR.match(text, place)
        if match is None:
            continue
        cut = place if match[0] == b"---" else match.end()
        if cut > start and not _NO_CONTENT.fullmatch(text, start, cut):
            yield text[start:cut]
            start = cut
    yield text[start:]


def _separators(text: bytes) -> Iterator[int]:
    """Where lines begin that may be ``---`` or ``...``: found without looking at every line."""
    yield 0
    dashes, dots = text.find(b"\n---"), text.find(b"\n...")
    while dashes >= 0 or dots >= 0:
        if dots < 0 or 0 <= dashes < dots:
            yield dashes + 1
            dashes = text.find(b"\n---", dashes + 1)
        else:
            yield dots + 1
            dots = text.find(b"\n...", dots + 1)


def _items(name: str, lines: Lines, document: YamlDocument, findings: list[Finding]) -> Iterator[PlainItem]:
    source = YamlSource(name, lines, document.table, 0, document.value)
    for repeat in document.repeats:
        earlier, later = source.at(repeat.earlier), source.at(repeat.node)
        if repeat.by_merge:
            what = f"The merge here replaces the key `{repeat.key}`, which is written before it at {earlier}."
            hint = "Write `<<` first: kubectl lets what is written last win, and other tools don't."
        else:
            what = f"The key `{repeat.key}` is given twice, first at {earlier}; kubectl uses the last."
            hint = "Remove one of them."
        findings.append(Finding(DUPLICATE_KEY, what, Origin(later), hint=hint))
    yield from plain_items(document.value, source, findings)
