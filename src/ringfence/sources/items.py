"""One API object of an input, before it is known what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from ringfence.model.codes import LIST_INCOMPLETE, NOT_AN_OBJECT
from ringfence.model.finding import Finding
from ringfence.model.objects import SourceMap
from ringfence.model.origin import Origin

T = TypeVar("T")

LIST_SUFFIX = "List"
UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for text that is not valid; a field of the wrong type is one of them."""


class Item(Protocol):
    """One object as it stands in the input.

    ``kind`` and ``api_version`` are taken over from a typed list for its items. ``update`` marks an object that a watch
    sent, which replaces an earlier one by right, and ``deleted`` one that is gone.
    """

    kind: str
    api_version: str
    update: bool
    deleted: bool

    @property
    def source(self) -> SourceMap:
        """Finds the place of a field; valid for as long as it is kept."""

    def place(self) -> Origin:
        """Where the object begins."""

    def typed(self, kind: type[T]) -> T:
        """The object as a struct of :mod:`ringfence.sources.kinds`.

        Raises:
            msgspec.ValidationError: a field has the wrong type.
            msgspec.DecodeError, UnicodeDecodeError, RecursionError: the text is not valid.
        """

    def body(self) -> dict[str, Any]:
        """The whole object as plain data; ``kind`` and ``apiVersion`` are always there."""


@dataclass(slots=True)
class PlainItem:
    """An object that is read already, as YAML is."""

    kind: str
    api_version: str
    value: dict[str, Any]
    source: SourceMap
    update: bool = False
    deleted: bool = False

    def place(self) -> Origin:
        """Where the object begins."""
        return Origin(self.source.locate(()))

    def typed(self, kind: type[T]) -> T:
        """The object as a struct; see :class:`Item`."""
        return msgspec.convert(self.value, kind)

    def body(self) -> dict[str, Any]:
        """The whole object."""
        if "kind" in self.value and "apiVersion" in self.value:
            return self.value
        return {"apiVersion": self.api_version, "kind": self.kind, **self.value}


class SubSource(Protocol):
    """The places of a value and of the values within it."""

    def locate(self, path: tuple[str | int, ...], *, key: bool = False) -> Any:
        """As :class:`ringfence.model.objects.SourceMap`."""

    def within(self, path: tuple[str | int, ...]) -> SubSource:
        """The places of the value at ``path``, which exists."""

    def elements(self, path: tuple[str | int, ...]) -> Iterator[SubSource]:
        """The places of each value of the list at ``path``."""


def plain_items(
    value: Any, source: SubSource, findings: list[Finding], *, default: tuple[str, str] = ("", ""), levels: int = 4
) -> Iterator[PlainItem]:
    """The objects of one document: itself, the items of a list, or the object of a watch event.

    ``default`` are the ``apiVersion`` and ``kind`` of items that carry none.
    """
    if value is None:
        return  # an empty document, such as a comment between two separators
    if not isinstance(value, dict):
        findings.append(not_an_object(_what(value), Origin(source.locate(()))))
        return
    if "kind" not in value and isinstance(value.get("type"), str) and isinstance(value.get("object"), dict):
        yield from _watched(value, source, findings)
        return
    kind, version = value.get("kind", default[1]), value.get("apiVersion", default[0])
    if not isinstance(kind, str) or not isinstance(version, str) or not kind or not version:
        field = "kind" if not isinstance(kind, str) or not kind else "apiVersion"
        findings.append(lacks(field, value.get(field), Origin(source.locate((field,), key=True), field)))
        return
    items = value.get("items")
    if kind.endswith(LIST_SUFFIX) and isinstance(items, list) and levels:
        findings.extend(list_findings(value.get("metadata"), Origin(source.locate(()))))
        inner = (version, kind.removesuffix(LIST_SUFFIX)) if kind != LIST_SUFFIX else ("", "")
        for item, place in zip(items, source.elements(("items",)), strict=False):
            yield from plain_items(item, place, findings, default=inner, levels=levels - 1)
    elif kind.endswith(LIST_SUFFIX) and items is None and not _is_named(value):
        return  # an empty answer
    else:
        yield PlainItem(kind, version, value, source)


def _is_named(value: dict[str, Any]) -> bool:
    """True for an object: a list has no name."""
    metadata = value.get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("name"))


def _watched(event: dict[str, Any], source: SubSource, findings: list[Finding]) -> Iterator[PlainItem]:
    verb = event["type"]
    if verb == "BOOKMARK":
        return
    if verb == "ERROR":
        findings.append(watch_error(event["object"], Origin(source.locate(("object",)))))
        return
    for item in plain_items(event["object"], source.within(("object",)), findings, levels=1):
        item.update, item.deleted = True, verb == "DELETED"
        yield item


def not_an_object(what: str, origin: Origin) -> Finding:
    """A document is something else than an object of the API."""
    return Finding(NOT_AN_OBJECT, f"This is {what}, not a Kubernetes object.", origin)


def lacks(field: str, value: Any, origin: Origin) -> Finding:
    """A mapping has no usable ``kind`` or ``apiVersion``."""
    what = f"This mapping has no `{field}`" if value is None or value == "" else f"`{field}` is {_what(value)}"
    return Finding(NOT_AN_OBJECT, f"{what}, so it is not a Kubernetes object.", origin)


def watch_error(status: Any, origin: Origin) -> Finding:
    """A watch ended with an error, or the API server answered with one."""
    message = status.get("message") if isinstance(status, dict) else None
    text = message if isinstance(message, str) and message else "no reason given"
    return Finding(
        NOT_AN_OBJECT, f"The API server answered with an error: {text}.", origin, why="Objects may be missing."
    )


def list_findings(metadata: Any, origin: Origin) -> list[Finding]:
    """Whether a list is one page of several."""
    if not isinstance(metadata, dict) or not (metadata.get("continue") or metadata.get("remainingItemCount")):
        return []
    rest = metadata.get("remainingItemCount")
    more = f"{rest} more objects" if isinstance(rest, int) and rest > 0 else "more objects"
    return [
        Finding(
            LIST_INCOMPLETE,
            f"This list is one page of several: {more} are on the API server.",
            origin,
            why="A policy that is missing changes what is allowed.",
            hint="Fetch all pages; `kubectl get -o json` does so by itself.",
        )
    ]


def _what(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, str):
        return "a text"
    return "a number" if not isinstance(value, bool) else "true or false"
