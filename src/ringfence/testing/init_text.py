"""A suite as text: short values on one line, long ones below their key, comments where a person wants them."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 118
"""Columns of a line at most, but for words that are longer."""

_PLAIN = re.compile(r"[A-Za-z0-9/._-][A-Za-z0-9 ._/()+-]*(?:::?[A-Za-z0-9._/-]+)*")
"""Scalars that need no quotes in any YAML version, keywords and numbers apart."""

_KEYWORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", ""})
_NUMBER = re.compile(
    r"[-+]?[0-9][0-9_]*|[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|0[xob][0-9a-fA-F_]+"
    r"|[-+]?[0-9]+(:[0-9]+)+(\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"
)
"""What some YAML reader takes for a number, a time or a date."""


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """A paragraph as comment lines."""
    margin = " " * indent + "# "
    yield from (
        margin + line for line in textwrap.wrap(text, 98 - indent, break_long_words=False, break_on_hyphens=False)
    )


def entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """``key: value``, on one line if it fits; else a list a line each."""
    head = f"{' ' * indent}{key}:"
    line = f"{head} {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        yield line
        return
    yield head
    for item in value:
        yield from item_lines(item, indent + 2)


def item_lines(value: Any, indent: int) -> Iterator[str]:
    """``- value``, on one line if it fits; a mapping that doesn't has a line for each key."""
    margin = " " * indent
    line = f"{margin}- {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, Mapping):
        yield line
        return
    lead = f"{margin}- "
    for key, item in value.items():
        lines = list(_wrapped(f"{key}: ", item, indent + 2))
        lines[0] = lead + lines[0][indent + 2 :]
        yield from lines
        lead = " " * (indent + 2)


def _wrapped(head: str, value: Any, indent: int) -> Iterator[str]:
    """``head`` and the value in flow style, broken between the items of a list where the line gets too long."""
    margin = " " * indent
    line = f"{margin}{head}{flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, list):
        yield line
        return
    current = f"{margin}{head}["
    for number, item in enumerate(value):
        text = flow(item) + ("]" if number == len(value) - 1 else ",")
        if len(current) + len(text) + 1 > WIDTH and not current.endswith("["):
            yield current
            current = f"{margin}  {text}"
        else:
            current += text if current.endswith("[") else f" {text}"
    yield current


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def scalar(value: str | int) -> str:
    """A scalar that any YAML reader takes as what it is."""
    if isinstance(value, int):
        return str(value)
    plain = _PLAIN.fullmatch(value) and value.lower() not in _KEYWORDS and not _NUMBER.fullmatch(value)
    return value if plain and not value.startswith(("-", ".", " ")) and value == value.strip() else json.dumps(value)
