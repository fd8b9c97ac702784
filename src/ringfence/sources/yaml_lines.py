"""Block YAML as tools write it, read line by line, in a fraction of the time that events take.

It knows a part of YAML in which a line says by itself what it is: nested mappings and lists in block style, with plain
or quoted values that end on their line and hold no escapes. It never guesses: of a document with anything else, an
error too, it reads nothing, and :mod:`ringfence.sources.yaml_events` reads it. Where it does read one, value
and places are what the events give; a test holds it to that. Source: YAML 1.1, "Block Collection Styles"; the places
are those of libyaml's marks.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ringfence.sources.positions import PositionTable
from ringfence.sources.scalars import HINTS, resolve, to_json
from ringfence.sources.yaml_document import YamlDocument

_BLANK: Final = re.compile(r" *(?:#[ -~]*)?")
_START: Final = re.compile(r"--- *(?: #[ -~]*)?")
_PLAIN: Final = r"""(?:[A-Za-z0-9_./+~$(]|-(?=[A-Za-z0-9.]))(?:[!"$-9;-~]|:(?=[!-~])|(?<=[!-~])\#|[ ]+(?=[!"$-~]))*"""
_VALUE: Final = rf"""(?P<double>"[ !\#-\[\]-~]*")|(?P<single>'[ -&(-~]*')|(?P<empty>\{{\}}|\[\])|(?P<plain>{_PLAIN})"""
_ENTRY: Final = re.compile(
    rf"""
    [ ]* (?P<dash>-[ ]+)?
    (?P<key>[A-Za-z_][A-Za-z0-9_./-]{{0,250}}:(?=[ ]|\Z))? [ ]*
    (?:{_VALUE})?
    [ ]*(?:[ ]\#[ -~]*)?
    """,
    re.VERBOSE,
)
_MEMO_SIZE: Final = 30_000

_NOTHING, _SCALAR, _MAPPING, _LIST = range(4)
"""What stands after the key: nothing on its line, a scalar, ``{}`` or ``[]``."""

_Shape = tuple[int, int, int, str | None, int, Any, int]
"""Of one line: where it begins; the column of its dash, or -1; the column of its key, or else of its value; the key;
what stands after it; its value; and the column of that, for nothing the place after the colon."""

_SKIP: Final[_Shape] = (-1, -1, -1, None, _NOTHING, None, 0)


class LineReader:
    """Reads documents one after the other; remembers lines across them, since manifests repeat most of theirs."""

    def __init__(self, deepest: int) -> None:
        self._deepest = deepest
        self._shapes: dict[str, _Shape] = {}
        self._names: dict[str, str] = {}

    def document(self, text: bytes) -> YamlDocument | None:
        """The one document of ``text``; ``None`` where it has anything that isn't read here, or isn't a mapping."""
        try:
            lines = text.decode("ascii").split("\n")
        except UnicodeDecodeError:
            return None
        offset = 0
        if lines[0].startswith("---"):
            if not _START.fullmatch(lines[0]):
                return None
            offset = len(lines[0]) + 1
            del lines[0]
        return self._block(lines, offset)

    def _block(self, lines: list[str], offset: int) -> YamlDocument | None:
        # One flat loop over what is open: a method call for each line would double the time.
        shapes, deepest = self._shapes, self._deepest
        table = PositionTable()
        places, put, ends = table.places, table.places.append, table.ends
        root: dict[str, Any] = {}
        container: Any = root
        mapping, indent, node = True, 0, 0
        open_: list[tuple[Any, bool, int, int]] = []
        waiting: str | None = None  # the key of the innermost mapping whose value is on the lines to come
        after = 0  # the place after its colon
        for line in lines:
            shape = shapes.get(line)
            if shape is None:
                shape = self._shape(line)
                if shape is None:
                    return None
            start, dash, column, key, kind, value, at = shape
            if start < 0:
                offset += len(line) + 1
                continue
            if not places:
                if start or dash >= 0:
                    return None
                put(offset)
            elif waiting is not None:
                if start > indent or dash == indent:
                    child: Any = {} if dash < 0 else []
                    container[waiting] = child
                    open_.append((container, mapping, indent, node))
                    if len(open_) >= deepest:
                        return None
                    node = len(places)
                    put(offset + start)
                    container, mapping, indent = child, dash < 0, start
                else:
                    put(after)
                    container[waiting] = None
                waiting = None
            while indent > start or (indent == start and dash < 0 and not mapping):
                if not open_:
                    return None
                ends[node] = len(places)
                container, mapping, indent, node = open_.pop()
            if indent != start or mapping is not (dash < 0):
                return None
            if dash >= 0:
                if key is not None:
                    child = {}
                    container.append(child)
                    open_.append((container, mapping, indent, node))
                    if len(open_) >= deepest:
                        return None
                    node = len(places)
                    put(offset + column)
                    container, mapping, indent = child, True, column
                else:
                    put(offset + at)
                    if kind != _SCALAR:
                        value = {} if kind == _MAPPING else []
                        ends[len(places) - 1] = len(places)
                    container.append(value)
                    offset += len(line) + 1
                    continue
            put(offset + column)
            if key in container or key is None:
                return None
            if kind == _SCALAR:
                put(offset + at)
                container[key] = value
            elif kind == _NOTHING:
                container[key] = None  # holds the key's place in the order
                waiting, after = key, offset + at
            else:
                put(offset + at)
                container[key] = {} if kind == _MAPPING else []
                ends[len(places) - 1] = len(places)
            offset += len(line) + 1
        if not places:
            return None
        if waiting is not None:
            put(after)
        ends[node] = len(places)
        for _, _, _, outer in open_:
            ends[outer] = len(places)
        return YamlDocument(root, table)

    def _shape(self, line: str) -> _Shape | None:
        """What a line is that was not met before; ``None`` for one that isn't read here."""
        if _BLANK.fullmatch(line):
            return self._kept(line, _SKIP)
        match = _ENTRY.fullmatch(line)
        if match is None:
            return None
        dash, key, kind = match["dash"], match["key"], match.lastgroup or "dash"
        what, value = _NOTHING, None
        if kind not in ("dash", "key"):
            if dash is None and key is None:
                return None
            try:
                what, value = _value(kind, match[kind])
            except ValueError:
                return None
        elif key is None:
            return None
        place = match.end("key") if what == _NOTHING else match.start(kind)
        name = self._name(key[:-1]) if key is not None else None
        if name is None and key is not None:
            return None
        column = match.start("key") if key is not None else place
        first = match.start("dash") if dash is not None else column
        return self._kept(line, (first, first if dash is not None else -1, column, name, what, value, place))

    def _name(self, text: str) -> str | None:
        """A key, shared by all lines that have it; ``None`` where it is no text to kubectl, such as ``yes``."""
        name = self._names.get(text)
        if name is None and type(resolve(text)) is str:
            name = text
            if len(self._names) < _MEMO_SIZE:
                self._names[text] = text
        return name

    def _kept(self, line: str, shape: _Shape) -> _Shape:
        if len(self._shapes) < _MEMO_SIZE:
            self._shapes[line] = shape
        return shape


def _value(kind: str, text: str) -> tuple[int, Any]:
    """What a value is, by the group that matched it.

    Raises:
        ValueError: it can't be written in JSON.
    """
    if kind == "plain":
        return _SCALAR, to_json(resolve(text)) if text[:1] in HINTS else text
    if kind == "empty":
        return (_MAPPING if text == "{}" else _LIST), None
    return _SCALAR, text[1:-1]
