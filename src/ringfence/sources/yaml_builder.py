"""YAML into values and their places: line by line where the text allows it, else by the parser's events."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.sources.limits import Limits
from ringfence.sources.yaml_document import YamlDocument, YamlError
from ringfence.sources.yaml_lines import LineReader

if TYPE_CHECKING:
    from ringfence.sources.yaml_events import EventReader

__all__ = ["YamlBuilder", "YamlDocument", "YamlError"]


class YamlBuilder:
    """Reads documents one after the other; remembers lines and scalars across them, so use one for a whole load."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lines = LineReader(limits.depth)

    def documents(self, text: bytes) -> Iterator[YamlDocument]:
        """The documents of ``text``, in UTF-8 without a byte order mark. Give one at a time: one is read sooner.

        Raises:
            YamlError: the document after those that were given is not valid, or passes a limit.
        """
        document = self._lines.document(text)
        if document is not None:
            yield document
        else:
            yield from self._events.documents(text)

    @cached_property
    def _events(self) -> EventReader:
        from ringfence.sources.yaml_events import EventReader  # the parser takes time to import

        return EventReader(self._limits)
