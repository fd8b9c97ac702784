"""Where each key and value of a document stands, in one flat table.

Nodes are numbered in the order of the text: a container comes before its children, a key before its value. The table
keeps 4 bytes a node and one number a container; which key a node is follows from the order of the mapping itself,
so that 20 MiB of YAML costs about 35 MB and not a Python object per value.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringfence.model.origin import Position

Entry = tuple[int, int]
"""The key node and the value node of one entry of a mapping."""

_WALKED = 32
"""Values further on in a list are looked up: each of a list of thousands would be a walk over those before it."""


class Lines:
    """Where the lines of a text begin, in characters; computed when it is first asked for.

    ``line`` and ``column`` say where the text itself begins in its file, from 0.
    """

    __slots__ = ("_column", "_line", "_starts", "_text")

    def __init__(self, text: bytes, line: int = 0, column: int = 0) -> None:
        self._text = text
        self._line = line
        self._column = column
        self._starts: list[int] = []

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, of the character at ``offset``."""
        if not self._starts:
            text = self._text
            found = re.finditer(b"\n", text) if text.isascii() else re.finditer("\n", text.decode("utf-8", "replace"))
            self._starts = [0, *(match.end() for match in found)]
            self._text = b""
        line = bisect_right(self._starts, offset) - 1
        return self._line + line + 1, offset - self._starts[line] + 1 + (0 if line else self._column)


class PositionTable:
    """The places of one document's nodes, as the builder fills them in.

    ``places`` hold how many characters of the text come before each node. ``ends`` tells for a container
    the number after its last node; ``aliases`` which node an alias stands for; ``keys`` the keys in the order of the
    text for a mapping where they differ from the value's own (a key twice, or ``None`` for a merge), and ``merges``
    what each of its merges brought, the mapping that wins first.
    """

    __slots__ = ("_elements", "_indexes", "aliases", "ends", "keys", "merges", "places")

    def __init__(self) -> None:
        self.places: array[int] = array("I")
        self.ends: dict[int, int] = {}
        self.aliases: dict[int, int] = {}
        self.keys: dict[int, list[str | None]] = {}
        self.merges: dict[int, list[tuple[dict[str, Entry], ...]]] = {}
        self._indexes: dict[int, dict[str, Entry]] = {}
        self._elements: dict[int, array[int]] = {}

    def children(self, node: int) -> Iterator[int]:
        """The nodes of a list's values, or of a mapping's keys and values in turn."""
        child, end = node + 1, self.ends[node]
        while child < end:
            yield child
            child = self.ends.get(child, child + 1)

    def element(self, node: int, index: int) -> int:
        """The node of a list's value at ``index``, which exists."""
        if index < _WALKED:
            child = node + 1
            for _ in range(index):
                child = self.ends.get(child, child + 1)
            return child
        elements = self._elements.get(node)
        if elements is None:
            elements = self._elements[node] = array("I", self.children(node))
        return elements[index]

    def find(self, node: int, value: Mapping[str, Any], key: str) -> Entry | None:
        """The entry that gave a mapping its value for ``key``: the last one written, own or merged."""
        merges = iter(self.merges.get(node, ()))
        found = None
        child = node + 1
        for name in self.keys.get(node) or value:
            if name is None:
                found = next((index[key] for index in next(merges) if key in index), found)
            elif name == key:
                found = child, child + 1
            child = self.ends.get(child + 1, child + 2)
        return found

    def index(self, node: int, value: Mapping[str, Any]) -> dict[str, Entry]:
        """Every entry of a mapping by its key, computed once for a mapping that is merged often."""
        index = self._indexes.get(node)
        if index is None:
            index = self._indexes[node] = {}
            merges = iter(self.merges.get(node, ()))
            child = node + 1
            for name in self.keys.get(node) or value:
                if name is None:
                    for part in reversed(next(merges)):
                        index.update(part)
                else:
                    index[name] = child, child + 1
                child = self.ends.get(child + 1, child + 2)
        return index


@dataclass(frozen=True, slots=True)
class YamlSource:
    """The places of one object's fields: ``node`` of ``table`` is the object, ``value`` what was read there."""

    file: str
    lines: Lines
    table: PositionTable
    node: int
    value: Any

    def at(self, node: int) -> Position:
        """The position of one node of the table."""
        return Position(self.file, *self.lines.at(self.table.places[node]))

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Position:
        """The position of the value at ``path``, or of its key; the nearest enclosing one that exists."""
        table, node, value = self.table, self.node, self.value
        shown = node
        for number, step in enumerate(path):
            node = table.aliases.get(node, node)
            if isinstance(value, dict) and isinstance(step, str) and step in value:
                entry = table.find(node, value, step)
                if entry is None:
                    break
                node = entry[1]
                shown = entry[0] if key and number == len(path) - 1 else node
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                shown = node = table.element(node, step)
            else:
                break
            value = value[step]
        return self.at(shown)

    def within(self, path: tuple[str | int, ...]) -> YamlSource:
        """The places of the value at ``path``, a sequence of keys that exist."""
        node, value = self.node, self.value
        for step in path:
            node = self.table.aliases.get(node, node)
            entry = self.table.find(node, value, str(step))
            if entry is None:
                break
            node, value = entry[1], value[step]
        return YamlSource(self.file, self.lines, self.table, node, value)

    def elements(self, path: tuple[str | int, ...]) -> Iterator[YamlSource]:
        """The places of each value of the list at ``path``."""
        inner = self.within(path)
        start = self.table.aliases.get(inner.node, inner.node)
        for node, value in zip(self.table.children(start), inner.value, strict=True):
            yield YamlSource(self.file, self.lines, self.table, node, value)
