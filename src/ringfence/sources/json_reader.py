"""A JSON text into items: an object, a list, JSON lines, or the events of a watch.

Items of a list are found as raw text first and decoded one by one, so that a wrong type in one costs no other.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from ringfence.model.codes import NOT_PARSABLE
from ringfence.model.finding import Finding
from ringfence.model.origin import Origin, Position
from ringfence.sources.items import LIST_SUFFIX, UNDECODABLE, PlainItem, SubSource, lacks, list_findings, plain_items
from ringfence.sources.limits import Limits
from ringfence.sources.positions import Lines, YamlSource

T = TypeVar("T")

_HEAD = re.compile(
    rb'\s*\{\s*(?:"apiVersion"\s*:\s*"([^"\\]*)"\s*,\s*"kind"\s*:\s*"([^"\\]*)"'
    rb'|"kind"\s*:\s*"([^"\\]*)"\s*,\s*"apiVersion"\s*:\s*"([^"\\]*)")'
)
"""How kubectl and API servers begin an object; saves a pass over each item."""
_SPACE = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb"[ \t\r\n,]*")
_BYTE = re.compile(r" \(byte (\d+)\)")
_TRAILING = "trailing characters"
_MOST_BROKEN = 20


class _ListMeta(msgspec.Struct):
    name: str | None = None
    more: str | None = msgspec.field(default=None, name="continue")
    remainingItemCount: int | None = None  # noqa: N815


class _Envelope(msgspec.Struct):
    """A document as far as it must be known before it is taken apart."""

    kind: str | None = None
    apiVersion: str | None = None  # noqa: N815
    metadata: _ListMeta | None = None
    items: list[msgspec.Raw] | None = None
    type: str | None = None
    object: msgspec.Raw = msgspec.Raw(b"")


class _Head(msgspec.Struct):
    kind: str | None = None
    apiVersion: str | None = None  # noqa: N815


_envelope = msgspec.json.Decoder(_Envelope)
_head = msgspec.json.Decoder(_Head)
_raw = msgspec.json.Decoder(msgspec.Raw)
_plain = msgspec.json.Decoder()
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


class JsonError(Exception):
    """The text is not JSON from the byte ``offset`` on."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset


class _Cursor:
    """Follows the place of items that are met in the order of the text."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._data = data
        self._offset = 0
        self._next = -1  # where the item found last ends
        self._line = 1
        self._start = 0  # of the line

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1 and in bytes; ``offset`` never goes back."""
        newlines = self._data.count(b"\n", self._offset, offset)
        if newlines:
            self._line += newlines
            self._start = self._data.rfind(b"\n", self._offset, offset) + 1
        self._offset = offset
        return self._line, offset - self._start + 1

    def peek(self, offset: int) -> tuple[int, int]:
        """As :meth:`at`, without going there."""
        newlines = self._data.count(b"\n", self._offset, offset)
        start = self._data.rfind(b"\n", self._offset, offset) + 1 if newlines else self._start
        return self._line + newlines, offset - start + 1

    def find(self, raw: msgspec.Raw) -> tuple[int, int]:
        """Line and column of the next item, whose text is ``raw``: right after the one found last, if there was one."""
        text = memoryview(raw)
        first = self._next < 0
        offset = self._data.find(text, self._offset) if first else _skip(self._data, self._next, _BETWEEN)
        self._next = offset + len(text)
        return self.at(offset)

    def leave_list(self) -> None:
        """Forget the item found last: the next one belongs to another list."""
        self._next = -1


@dataclass(slots=True)
class JsonSource:
    """The places within one object's text, computed when first asked for, by reading the text as the YAML it also is.

    A text that YAML reads differently (an escaped surrogate pair) has only the place of its start.
    """

    file: str
    line: int
    column: int
    text: bytes
    prefix: tuple[str | int, ...] = ()
    _inner: YamlSource | None = None
    _tried: bool = False

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        """The position of the value at ``path``, or of its key; the nearest enclosing one that is known."""
        whole = self.prefix + path
        if whole and not self._tried:
            self._tried = True
            self._inner = self._read()
        if not whole or self._inner is None:
            return Position(self.file, self.line, self.column)
        return self._inner.locate(whole, key=key)

    def _read(self) -> YamlSource | None:
        from ringfence.sources.yaml_builder import YamlBuilder, YamlError  # only when a place is asked for

        try:
            for document in YamlBuilder(Limits()).documents(self.text):
                lines = Lines(self.text, self.line - 1, self.column - 1)
                return YamlSource(self.file, lines, document.table, 0, document.value)
        except YamlError:
            pass
        return None

    def within(self, path: tuple[str | int, ...]) -> JsonSource:
        """The places of the value at ``path``."""
        return JsonSource(self.file, self.line, self.column, self.text, self.prefix + path)

    def elements(self, path: tuple[str | int, ...]) -> Iterator[SubSource]:
        """The places of each value of the list at ``path``, without end."""
        return (self.within((*path, index)) for index in itertools.count())


@dataclass(slots=True)
class JsonItem:
    """An object that is still text; see :class:`ringfence.sources.items.Item`."""

    kind: str
    api_version: str
    raw: msgspec.Raw
    file: str
    line: int
    column: int
    update: bool = False
    deleted: bool = False

    @property
    def source(self) -> JsonSource:
        """Finds the place of a field; keeps a copy of the object's own text."""
        return JsonSource(self.file, self.line, self.column, bytes(memoryview(self.raw)))

    def place(self) -> Origin:
        """Where the object begins."""
        return Origin(Position(self.file, self.line, self.column))

    def typed(self, kind: type[T]) -> T:
        """The object as a struct; see :class:`ringfence.sources.items.Item`."""
        decoder = _decoders.get(kind)
        if decoder is None:
            decoder = _decoders[kind] = msgspec.json.Decoder(kind)
        value: T = decoder.decode(self.raw)
        return value

    def body(self) -> dict[str, Any]:
        """The whole object."""
        value: dict[str, Any] = _plain.decode(self.raw)
        if "kind" in value and "apiVersion" in value:
            return value
        return {"apiVersion": self.api_version, "kind": self.kind, **value}


def read_json(
    name: str, data: bytes, findings: list[Finding], *, recover: bool
) -> Iterator[JsonItem | PlainItem | None]:
    """The objects of ``data``, and ``None`` for each document that could be parsed.

    A document that isn't JSON becomes a finding, and reading goes on with the next line that begins an object.

    Raises:
        JsonError: the first document is not JSON, and ``recover`` is false.
    """
    cursor = _Cursor(name, data)
    view = memoryview(data)
    start = _skip(data, 0)
    parsed = broken = 0
    while start < len(data):
        try:
            envelope, end = _document(view, start)
        except JsonError as error:
            if not parsed and not recover:
                raise
            begin, place = cursor.peek(start), cursor.peek(error.offset)
            begun = f" (the document begins on line {begin[0]})" if begin[0] != place[0] else ""
            findings.append(json_finding(error.problem + begun, Position(name, *place)))
            broken += 1
            start = data.find(b"\n{", start) + 1
            if not start:
                return
            if broken == _MOST_BROKEN:
                problem = f"{broken} documents before it are broken, and what follows is not tried"
                findings.append(json_finding(problem, Position(name, *cursor.peek(start))))
                return
            continue
        parsed += 1
        yield None
        yield from _items(envelope, view[start:end], cursor, start, findings)
        start = _skip(data, end)


def json_finding(problem: str, position: Position) -> Finding:
    """A document is not JSON."""
    return Finding(NOT_PARSABLE, f"This document can't be read: {problem}.", Origin(position))


def _skip(data: bytes, start: int, what: re.Pattern[bytes] = _SPACE) -> int:
    match = what.match(data, start)
    return match.end() if match else start


def _document(view: memoryview, start: int) -> tuple[_Envelope | None, int]:
    """The document at ``start`` and where it ends; ``None`` in place of one of an unexpected form.

    Raises:
        JsonError: no JSON value begins there.
    """
    text = view[start:]
    for _ in range(2):
        try:
            return _envelope.decode(text), start + len(text)
        except (msgspec.ValidationError, UnicodeDecodeError):
            break
        except UNDECODABLE as error:
            text = _first(text, error, start)
    try:
        _raw.decode(text)
    except UNDECODABLE as error:
        text = _first(text, error, start)
    return None, start + len(text)


def _first(text: memoryview, error: Exception, start: int) -> memoryview:
    """The first of several documents, where that is all that is wrong."""
    message = str(error)
    if isinstance(error, RecursionError):
        raise JsonError("it is nested too deeply", start) from None
    match = _BYTE.search(message)
    offset = int(match.group(1)) if match else len(text)
    if _TRAILING in message and offset > 1:
        return text[: offset - 1]  # msgspec counts the first byte that is too many
    problem = "the text ends within it" if match is None else _BYTE.sub("", message.removeprefix("JSON is malformed: "))
    raise JsonError(f"not valid JSON, {problem}", start + offset) from None


def _items(
    envelope: _Envelope | None, text: memoryview, cursor: _Cursor, start: int, findings: list[Finding]
) -> Iterator[JsonItem | PlainItem]:
    line, column = cursor.at(start)
    cursor.leave_list()
    update = deleted = False
    if envelope is not None and envelope.kind is None and envelope.type is not None and len(envelope.object):
        if envelope.type == "BOOKMARK":
            return
        if envelope.type in ("ADDED", "MODIFIED", "DELETED"):
            update, deleted = True, envelope.type == "DELETED"
            line, column = cursor.find(envelope.object)
            cursor.leave_list()
            text = memoryview(envelope.object)
            try:
                envelope = _envelope.decode(text)
            except UNDECODABLE:
                envelope = None
    if envelope is None or not envelope.kind or not envelope.apiVersion or envelope.kind == "Status":
        yield from _unusual(text, cursor.name, line, column, findings)
        return
    origin = Origin(Position(cursor.name, line, column))
    if not envelope.kind.endswith(LIST_SUFFIX) or (envelope.items is None and _is_named(envelope)):
        yield JsonItem(
            envelope.kind, envelope.apiVersion, msgspec.Raw(text), cursor.name, line, column, update, deleted
        )
        return
    if envelope.metadata is not None:
        page = {"continue": envelope.metadata.more, "remainingItemCount": envelope.metadata.remainingItemCount}
        findings.extend(list_findings(page, origin))
    typed = envelope.kind.removesuffix(LIST_SUFFIX)
    for raw in envelope.items or ():
        line, column = cursor.find(raw)
        head = _HEAD.match(memoryview(raw))
        if head is None and typed:
            yield JsonItem(typed, envelope.apiVersion, raw, cursor.name, line, column)
            continue
        version, kind = _said(head.groups()) if head is not None else ("", "")
        if version and kind and not kind.endswith(LIST_SUFFIX):
            yield JsonItem(kind, version, raw, cursor.name, line, column)
        else:
            yield from _headless(raw, cursor.name, line, column, findings)


@functools.lru_cache(maxsize=1000)
def _said(groups: tuple[bytes | None, ...]) -> tuple[str, str]:
    """``apiVersion`` and ``kind`` of what :data:`_HEAD` found."""
    version, kind = groups[0] or groups[3] or b"", groups[1] or groups[2] or b""
    return version.decode("utf-8", "replace"), kind.decode("utf-8", "replace")


def _is_named(envelope: _Envelope) -> bool:
    """True for an object: a list has no name."""
    return envelope.metadata is not None and bool(envelope.metadata.name)


def _headless(
    raw: msgspec.Raw, name: str, line: int, column: int, findings: list[Finding]
) -> Iterator[JsonItem | PlainItem]:
    """An item of a mixed list that doesn't begin with its kind, or is a list itself."""
    try:
        head = _head.decode(raw)
    except UNDECODABLE:
        head = _Head()
    if head.kind and head.apiVersion and not head.kind.endswith(LIST_SUFFIX):
        yield JsonItem(head.kind, head.apiVersion, raw, name, line, column)
    else:
        yield from _unusual(memoryview(raw), name, line, column, findings)


def _unusual(text: memoryview, name: str, line: int, column: int, findings: list[Finding]) -> Iterator[PlainItem]:
    """Any other value: read as plain data, which says what is wrong with it."""
    source = JsonSource(name, line, column, bytes(text))
    try:
        value = _plain.decode(text)
    except UNDECODABLE as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        findings.append(json_finding(problem, source.locate(())))
        return
    if value is None:
        findings.append(lacks("kind", None, Origin(source.locate(()))))
        return
    yield from plain_items(value, source, findings)
