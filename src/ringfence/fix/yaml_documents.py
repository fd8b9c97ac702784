"""The documents of a YAML text: which one holds an object, and the text without one of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from ringfence.model.patch import Path

_MARK = "\n---"

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What the text is read with: the C parser where it is there."""

Found = tuple[int, Path, Mapping[str, Any]]
"""The number of a document (from 0), the path to an object in it (in a List), and the object."""


class EditError(Exception):
    """The text can't be edited safely; the message says why, and can follow "… can't be edited in place: "."""


def documents(text: str) -> list[Any]:
    """Every document of a text as plain data.

    Raises:
        EditError: the text is not YAML.
    """
    try:
        return list(yaml.load_all(text, Loader=LOADER))
    except (yaml.YAMLError, ValueError, RecursionError):
        raise EditError("it is not plain YAML (a template?)") from None


def nodes(text: str) -> list[Any]:
    """The root node of each document, with the places of its parts."""
    return list(yaml.compose_all(text, Loader=LOADER))


def object_at(text: str, matches: Callable[[Mapping[str, Any]], bool], line: int = 0) -> Found | None:
    """The object that ``matches`` is true for; of several the one that holds ``line`` (from 1), else the first.

    Raises:
        EditError: the text is not YAML.
    """
    found = list(_objects(documents(text), matches))
    if len(found) > 1 and line:
        roots = nodes(text)
        for each in found:
            node = roots[each[0]]
            for step in each[1]:
                node = _child(node, step)
            if node.start_mark.line < line <= node.end_mark.line + 1:
                return each
    return found[0] if found else None


def _objects(bodies: list[Any], matches: Callable[[Mapping[str, Any]], bool]) -> Iterator[Found]:
    for number, body in enumerate(bodies):
        if not isinstance(body, dict):
            continue
        if matches(body):
            yield number, (), body
            continue
        items = body.get("items")
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and matches(item):
                yield number, ("items", index), item


def _child(node: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return node.value[step]
    return next(value for key, value in node.value if key.value == step)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a text, in characters, that holds the document on a line, and those before and after it."""

    start: int
    end: int
    skipped: int
    """The lines before the part."""


def window(text: str, line: int) -> Window:
    """What must be read to edit or remove the document on a line, counted from 1; for 0, and in doubt, the whole text.

    A line that begins with ``---`` begins a document wherever it stands (YAML 1.1, 4.1), so a large file needn't be
    read for an edit of one of its documents.
    """
    lines = re.compile(rf"(?:[^\n]*\n){{{line - 1}}}").match(text) if line else None
    if lines is None or "\n..." in text or text.startswith("..."):
        return Window(0, len(text), 0)
    here = _mark_before(text, lines.end() + len(_MARK) - 1)
    start = _mark_before(text, here)
    after = text.find(_MARK, lines.end())
    end = text.find(_MARK, after + 1) if after >= 0 else -1
    return Window(start, len(text) if end < 0 else end + 1, text.count("\n", 0, start))


def _mark_before(text: str, position: int) -> int:
    """Where the document begins that goes on at a position: at its mark, or at the beginning of the text."""
    return text.rfind(_MARK, 0, position) + 1 if position else 0


def without_document(text: str, number: int) -> str:
    """The text without document ``number`` and the comments in it. Comments above the first document stay.

    Raises:
        EditError: the text is not YAML, or the document can't be cut out by lines.
    """
    before = documents(text)
    starts = _starts(text)
    lines = text.split("\n")
    first = starts[number] if number else nodes(text)[0].start_mark.line
    if number + 1 < len(starts):
        # The first document goes with the line that separates it from the next one.
        last = starts[number + 1] + (number == 0)
        kept = lines[:first] + lines[last:]
    else:
        kept = [*lines[:first], ""]
    after = "\n".join(kept)
    if [each for each in documents(after) if each is not None] != [
        each for index, each in enumerate(before) if index != number and each is not None
    ]:
        raise EditError("its document can't be cut out by lines")
    return after


def _starts(text: str) -> list[int]:
    """The line on which each document begins, from 0: that of its ``---`` where it has one."""
    marks = (each.start_mark for each in yaml.parse(text, Loader=LOADER) if isinstance(each, yaml.DocumentStartEvent))
    return [mark.line for mark in marks if mark is not None]
