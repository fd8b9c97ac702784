"""Reads a YAML file of the tool's own strictly: every value with its place, every unknown key refused.

A typo must never switch a part of a check off, so what isn't understood is an error with ``file:line:column``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ringfence.explain.suggest import nearest
from ringfence.model.errors import InputError
from ringfence.model.origin import Position
from ringfence.sources import Limits
from ringfence.sources.inputs import reason, shown
from ringfence.sources.positions import Lines, YamlSource
from ringfence.sources.yaml_builder import YamlBuilder, YamlError

Step = str | int

_BOM = b"\xef\xbb\xbf"
_LARGEST = 1 << 20
_KINDS = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


def read_fields(path: str) -> Fields:
    """The one document of a file.

    Raises:
        InputError: the file can't be read, isn't YAML, or isn't one mapping.
    """
    try:
        text = Path(path).read_bytes().removeprefix(_BOM)
    except (OSError, ValueError) as error:
        raise InputError(f"{shown(path)} can't be read: {reason(error)}.") from None
    if len(text) > _LARGEST:
        raise InputError(f"{shown(path)} is larger than 1 MiB, and is no {shown(path)} that anybody wrote.")
    return parse_fields(text, shown(path))


def parse_fields(text: bytes, name: str) -> Fields:
    """The one document of a text; ``name`` is how its file is shown.

    Raises:
        InputError: it isn't YAML, a key is given twice, or it isn't one mapping.
    """
    lines = Lines(text)
    try:
        documents = list(YamlBuilder(Limits()).documents(text))
    except YamlError as error:
        raise InputError(f"{Position(name, *lines.at(error.offset))}: {error.problem}.") from None
    if len(documents) != 1:
        raise InputError(f"{name} must hold one document; it has {len(documents)}.")
    document = documents[0]
    source = YamlSource(name, lines, document.table, 0, document.value)
    for repeat in document.repeats:
        raise InputError(f"{source.at(repeat.node)}: The key `{repeat.key}` is given twice.")
    return Fields(document.value, source)


class Fields:
    """A mapping and where its keys and values stand. Keys that nobody asked about are refused by :meth:`end`."""

    def __init__(self, value: Any, source: YamlSource, path: tuple[Step, ...] = ()) -> None:
        self._source = source
        self._path = path
        self._known: dict[str, None] = {}
        if not isinstance(value, dict):
            raise self._error((), f"{_name(path) or 'the file'} must be a mapping, and is {_kind(value)}")
        self._value: dict[str, Any] = value

    def at(self, *path: Step, key: bool = False) -> Position:
        """Where the value, or the key, at a path below this mapping stands."""
        return self._source.locate((*self._path, *path), key=key)

    def error(self, key: str, what: str) -> InputError:
        """Says what is wrong with the value of a key, with its place."""
        return self._error((key,), what)

    def missing(self, key: str) -> InputError:
        """Says that a key must be there."""
        return self._error((), f"{_name((*self._path, key))} is missing")

    def _error(self, path: tuple[Step, ...], what: str) -> InputError:
        return InputError(f"{self.at(*path)}: {what}.")

    def end(self) -> None:
        """Refuses what was not asked for.

        Raises:
            InputError: there is a key that is not known; the nearest one is named.
        """
        for key in self._value:
            if key not in self._known:
                found = nearest(key, self._known)
                hint = f"Did you mean {found[0]}" if found else f"Known keys: {', '.join(self._known)}"
                mark = "?" if found else "."
                where = f" in {_name(self._path)}" if self._path else ""
                place = self.at(key, key=True)
                raise InputError(f"{place}: There is no key {key!r}{where}. {hint}{mark}")

    def has(self, key: str) -> bool:
        """True where the key has a value that isn't null."""
        self._known[key] = None
        return self._value.get(key) is not None

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        """A text that isn't empty."""
        if not self.has(key):
            if needed:
                raise self.missing(key)
            return default
        return self._text((key,), self._value[key])

    def choice(self, key: str, choices: Sequence[str], default: str = "", *, needed: bool = False) -> str:
        """One of a few texts. A plain ``no`` or ``off`` is no text in YAML, and is refused as any other."""
        text = self.text(key, default, needed=needed)
        if self.has(key) and text not in choices:
            raise self._wrong_choice((key,), text, choices)
        return text

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        return tuple(text for text, _ in self.placed_texts(key))

    def placed_texts(self, key: str) -> Iterator[tuple[str, Position]]:
        """A list of texts with their places; a single text is a list of one."""
        if not self.has(key):
            return
        value = self._value[key]
        if isinstance(value, list):
            for index, each in enumerate(value):
                yield self._text((key, index), each), self.at(key, index)
        else:
            yield self._text((key,), value), self.at(key)

    def choices(self, key: str, choices: Sequence[str]) -> tuple[str, ...]:
        """A list of texts of a few; a single text is a list of one."""
        found = self.texts(key)
        for index, text in enumerate(found):
            if text not in choices:
                raise self._wrong_choice((key, index) if isinstance(self._value[key], list) else (key,), text, choices)
        return found

    def number(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds."""
        if not self.has(key):
            return default
        value = self._value[key]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._error((key,), f"{_name((*self._path, key))} must be a number from {low} to {high}")
        return value

    def truth(self, key: str) -> bool:
        """True or false; false where the key isn't there."""
        value = self._value.get(key) if self.has(key) else False
        if not isinstance(value, bool):
            raise self._error((key,), f"{_name((*self._path, key))} must be true or false, and is {_kind(value)}")
        return value

    def date(self, key: str) -> dt.date | None:
        """A date such as 2026-12-31."""
        if not self.has(key):
            return None
        try:
            return dt.date.fromisoformat(self.text(key))
        except ValueError:
            raise self._error((key,), f"{self.text(key)!r} is no date: write it as 2026-12-31") from None

    def inner(self, key: str) -> Fields | None:
        """The mapping of a key."""
        return Fields(self._value[key], self._source, (*self._path, key)) if self.has(key) else None

    def items(self, key: str) -> Iterator[Fields]:
        """The mappings of a list."""
        if not self.has(key):
            return
        value = self._value[key]
        if not isinstance(value, list):
            raise self._error((key,), f"{_name((*self._path, key))} must be a list, and is {_kind(value)}")
        for index, each in enumerate(value):
            yield Fields(each, self._source, (*self._path, key, index))

    def is_text(self, key: str) -> bool:
        """True where a key holds a text and no mapping, for keys that take both."""
        return self.has(key) and isinstance(self._value[key], str)

    def _text(self, path: tuple[Step, ...], value: Any) -> str:
        if isinstance(value, str) and value:
            return value
        name = _name((*self._path, *path))
        if value == "" or value is None:
            raise self._error(path, f"{name} is empty")
        quotes = ": put it in quotes" if isinstance(value, bool | int | float) else ""
        raise self._error(path, f"{name} must be a text, and is {_kind(value)}{quotes}")

    def _wrong_choice(self, path: tuple[Step, ...], text: str, choices: Iterable[str]) -> InputError:
        found = nearest(text, choices)
        hint = f" Did you mean {found[0]}?" if found else ""
        place = self._source.locate((*self._path, *path))
        return InputError(f"{place}: {_name((*self._path, *path))} is one of {', '.join(choices)}, not {text!r}.{hint}")


def _name(path: tuple[Step, ...]) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _kind(value: Any) -> str:
    return "empty" if value is None else _KINDS[type(value)]
