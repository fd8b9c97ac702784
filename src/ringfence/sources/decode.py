"""From an item to a struct, and from a decoder's complaint to a finding in words, with the place of the field."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from ringfence.model.codes import BAD_OBJECT, NOT_PARSABLE
from ringfence.model.finding import Finding
from ringfence.model.objects import format_path
from ringfence.model.origin import ObjectRef, Origin
from ringfence.sources.items import UNDECODABLE, Item
from ringfence.sources.kinds import CLUSTER_KINDS, group_of
from ringfence.sources.policy_kinds import is_cluster_scoped

T = TypeVar("T")
Path = tuple[str | int, ...]

_MESSAGE = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<found>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_STEP = re.compile(r"\.([A-Za-z0-9_]+)|\[(\d+|\.\.\.)\]")
_WORDS = {
    "str": "a text",
    "int": "an integer",
    "float": "a number with a fraction",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
_ORDER = ("int", "str", "bool", "object", "array")


def decode(item: Item, kind: type[T], findings: list[Finding]) -> T | None:
    """The item as ``kind``, or ``None`` and a finding."""
    try:
        return item.typed(kind)
    except msgspec.ValidationError as error:
        body = plain_body(item, findings)
        if body is not None:
            findings.append(_wrong_type(item, str(error), body))
    except UNDECODABLE as error:
        findings.append(_not_readable(item, error))
    return None


def plain_body(item: Item, findings: list[Finding]) -> dict[str, Any] | None:
    """The item as plain data, or ``None`` and a finding."""
    try:
        return item.body()
    except UNDECODABLE as error:
        findings.append(_not_readable(item, error))
        return None


def bad_field(item: Item, path: Path, what: str) -> Finding:
    """A field has a value that can't be used; ``what`` is a sentence that begins in lower case and names the field."""
    try:
        subject = reference(item, item.body())
    except UNDECODABLE:  # in a field that plays no part
        subject = reference(item, None)
    origin = Origin(item.source.locate(path), format_path(path))
    return Finding(BAD_OBJECT, f"In {subject}, {what}", origin, subject=subject)


def reference(item: Item, body: Any) -> ObjectRef:
    """What can be said of an object that may not be readable."""
    metadata = body.get("metadata") if isinstance(body, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    known = namespace if isinstance(namespace, str) and namespace else "default"
    cluster = item.kind in CLUSTER_KINDS or is_cluster_scoped(group_of(item.api_version), item.kind)
    return ObjectRef(item.kind, name if isinstance(name, str) else "?", "" if cluster else known, item.api_version)


def _wrong_type(item: Item, message: str, body: dict[str, Any]) -> Finding:
    ref = reference(item, body)
    match = _MESSAGE.search(message)
    if match is None:
        what = f"{ref} can't be read, and is left out: {message}."
        return Finding(BAD_OBJECT, what, item.place(), subject=ref)
    expected = match["expected"].split(" | ")
    wanted = " or ".join(_WORDS[name] for name in _ORDER if name in expected)
    path = _path(match["path"] or "", body)
    what = f"{format_path(path) or 'The object'} of {ref} is {_WORDS.get(match['found'], match['found'])}"
    hint = ""
    if match["found"] in ("bool", "int", "float") and expected[0] == "str":
        hint = "Put it in quotes."
    text = f"{what}, where {wanted} belongs; the object is left out."
    origin = Origin(item.source.locate(path), format_path(path))
    return Finding(BAD_OBJECT, text, origin, subject=ref, hint=hint)


def _path(text: str, body: Any) -> Path:
    """The path that a message means. It doesn't name the key of a map: the first value that is no text is meant."""
    path: list[str | int] = []
    value = body
    for name, index in _STEP.findall(text):
        step: str | int
        if name:
            step = name
        elif index != "...":
            step = int(index)
        elif isinstance(value, dict):
            step = next((key for key, each in value.items() if each is not None and not isinstance(each, str)), "")
        else:
            break
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
        path.append(step)
    return tuple(path)


def _not_readable(item: Item, error: Exception) -> Finding:
    problem = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Finding(NOT_PARSABLE, f"This {item.kind} can't be read: {problem}.", item.place())
