"""Manifests with comments: what a template makes, and its text in YAML.

The text is written here, by 60 lines that know the few shapes a policy has, because comments belong beside the fields
that they explain and no YAML writer of the standard kind keeps them there.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringfence.model.origin import ObjectRef

Path = tuple[str | int, ...]
Body = Mapping[str, Any]
Notes = Mapping[Any, str]
"""Comments by the :data:`Path` of the field that they stand above."""

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9 ._/()-]*(?<! )")
"""Scalars that need no quotes in any YAML version, keywords apart. A colon never is among their characters."""

_KEYWORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object to apply.

    ``head`` are paragraphs above it, ``notes`` comments above the field at a path. ``evaluated`` is False for a kind
    that the engine doesn't judge: such a manifest is printed as written, and nothing was verified of it.
    """

    body: Body
    head: tuple[str, ...] = ()
    notes: Notes = field(default_factory=dict)
    evaluated: bool = True

    @property
    def ref(self) -> ObjectRef:
        """What the manifest makes."""
        metadata = self.body["metadata"]
        return ObjectRef(
            self.body["kind"], metadata["name"], metadata.get("namespace", ""), api_version=self.body["apiVersion"]
        )

    def text(self) -> str:
        """The manifest in YAML, its comments included, without a document mark."""
        lines = [line for paragraph in self.head for line in _comment(paragraph, 0)]
        lines.extend(_mapping(self.body, (), 0, self.notes))
        return "\n".join(lines) + "\n"


def text_of(manifests: Sequence[Manifest]) -> str:
    """All manifests as one stream of YAML documents."""
    return "---\n".join(manifest.text() for manifest in manifests)


def _comment(text: str, indent: int) -> Iterator[str]:
    margin = " " * indent + "# "
    # A comment ends at any line break that YAML knows, of which Unicode has several.
    plain = "".join(char if char.isprintable() else " " for char in text)
    for line in textwrap.wrap(plain, _WIDTH - indent, break_long_words=False, break_on_hyphens=False):
        yield margin + line


def _mapping(value: Body, path: Path, indent: int, notes: Notes) -> Iterator[str]:
    for key, item in value.items():
        here = (*path, key)
        if here in notes:
            yield from _comment(notes[here], indent)
        yield from _entry(f"{' ' * indent}{_scalar(key)}:", item, here, indent, notes)


def _entry(head: str, item: Any, path: Path, indent: int, notes: Notes) -> Iterator[str]:
    flow = _flow(item)
    if flow is not None:
        yield f"{head} {flow}"
    elif isinstance(item, Mapping):
        yield head
        yield from _mapping(item, path, indent + 2, notes)
    else:
        yield head
        yield from _sequence(item, path, indent, notes)


def _sequence(items: Sequence[Any], path: Path, indent: int, notes: Notes) -> Iterator[str]:
    dash = " " * indent + "- "
    for number, item in enumerate(items):
        here = (*path, number)
        if here in notes:
            yield from _comment(notes[here], indent)
        flow = _flow(item)
        if flow is not None:
            yield dash + flow
            continue
        lines = iter(_mapping(item, here, indent + 2, notes))
        first = next(lines)
        while first.lstrip().startswith("#"):  # a comment on the first key stands above the dash
            yield first[2:]
            first = next(lines)
        yield dash + first[indent + 2 :]
        yield from lines


def _flow(value: Any) -> str | None:
    """A value that stands on its key's line: a scalar, a flat list, or a flat mapping below the level of fields."""
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        if set(value) <= _PORT_FIELDS and all(not isinstance(item, Mapping | list) for item in value.values()):
            return "{" + ", ".join(f"{key}: {_scalar(item)}" for key, item in value.items()) + "}"
        return None
    if isinstance(value, list | tuple):
        if any(isinstance(item, Mapping | list | tuple) for item in value):
            return None
        text = "[" + ", ".join(_scalar(item) for item in value) + "]"
        return text if len(text) < _WIDTH // 2 else None
    return _scalar(value)


_PORT_FIELDS = frozenset({"protocol", "port", "endPort", "start", "end", "number"})


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
