"""YAML events into values and their places.

The events come from libyaml's parser; nothing recurses, so no nesting can exhaust the stack. A value that an alias
repeats is shared, never copied: what aliases stand for is counted, and bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from ringfence.model.codes import ALIAS_BOMB, TOO_LARGE
from ringfence.sources.limits import Limits
from ringfence.sources.positions import PositionTable
from ringfence.sources.scalars import HINTS, Scalar, resolve, resolve_tagged, to_json, to_key
from ringfence.sources.yaml_document import Repeat, YamlDocument, YamlError

_MERGE: Final = "\0merge"
"""Stands for the key ``<<`` while its value is read; compared by identity, as any text may be a key."""
_MERGE_TAG: Final = "tag:yaml.org,2002:merge"
_NO_KEY: Final = ""
_UNKNOWN: Final = object()
_MOST_REPEATS: Final = 50
_MEMO_SIZE: Final = 100_000


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for. ``size`` counts nodes, ``height`` nesting; a size of 0: it is not complete yet."""

    value: Any
    node: int
    size: int = 0
    height: int = 0


class EventReader:
    """Reads documents one after the other; remembers scalars across them, so use one for a whole load."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._same_keys: dict[str, str] = {}
        self._plain: dict[str, Any] = {}

    def documents(self, text: bytes) -> Iterator[YamlDocument]:
        """The documents of ``text``, in UTF-8 without a byte order mark.

        Raises:
            YamlError: the document after those that were given is not valid, or passes a limit.
        """
        try:
            anchored, tagged = b"&" in text, b"!" in text
            parser = yaml.CSafeLoader(text)
            while True:
                event = parser.get_event()
                if event.__class__ is DocumentStartEvent:
                    yield self._document(parser.get_event, anchored=anchored, tagged=tagged)
                elif event is None or event.__class__ is StreamEndEvent:
                    return
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = ", ".join(part for part in (error.context, error.problem) if part)
            raise YamlError(problem, mark.index if mark else 0) from None
        except yaml.reader.ReaderError as error:
            offset = len(text[: error.position].decode("utf-8", "replace"))
            raise YamlError(f"not valid text: {error.reason}", offset) from None

    def _document(self, get: Callable[[], Any], *, anchored: bool, tagged: bool) -> YamlDocument:
        # One flat loop: a method call per event would double the time of reading. The two flags say whether the text
        # can hold an anchor or a tag at all; asking the event each time costs a tenth of it.
        table = PositionTable()
        places, put, ends = table.places, table.places.append, table.ends
        same_keys, plain_memo = self._same_keys, self._plain
        most_nodes, deepest = self._limits.alias_nodes, self._limits.depth
        document = YamlDocument(None, table)
        anchors: dict[str, _Anchor] = {}
        frames: list[Any] = []
        root: list[Any] = []
        container: Any = root
        mapping = False
        key = _NO_KEY
        wants_key = False
        names: list[str | None] | None = None
        node = -1  # of the container
        anchor: _Anchor | None = None
        at_start = expanded = height = 0
        while True:
            event = get()
            kind = event.__class__
            if kind is ScalarEvent:
                put(event.start_mark.index)
                text = event.value
                tag = event.tag if tagged else None
                if wants_key:
                    name = same_keys.get(text) if tag is None else None
                    if name is None:
                        name = self._key(event, text, tag)
                    if anchored and event.anchor is not None:
                        anchors[event.anchor] = _Anchor(text if name is _MERGE else name, len(places) - 1, 1)
                    key = name
                    wants_key = False
                    if name is _MERGE:
                        if names is None:
                            names = table.keys[node] = list(container)
                    elif name in container:
                        if names is None:
                            names = table.keys[node] = list(container)
                        _note_repeat(document, node, container, name)
                        names.append(name)
                    elif names is not None:
                        names.append(name)
                    continue
                if tag is not None:
                    value = _tagged(event, tag, text)
                elif text[:1] in HINTS and event.implicit[0]:
                    value = plain_memo.get(text, _UNKNOWN)
                    if value is _UNKNOWN:
                        value = self._scalar(event, text)
                else:
                    value = text
                if anchored and event.anchor is not None:
                    anchors[event.anchor] = _Anchor(value, len(places) - 1, 1)
                if mapping:
                    if key is _MERGE:
                        raise _merge_error(event.start_mark)
                    container[key] = value
                    wants_key = True
                else:
                    container.append(value)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                mark = event.start_mark
                if wants_key:
                    raise YamlError("a mapping key can't be a mapping or a list", mark.index)
                frames.append((container, mapping, key, names, node, anchor, at_start, height))
                if len(frames) > deepest:
                    raise YamlError(f"nested deeper than {deepest} levels", mark.index, TOO_LARGE)
                put(mark.index)
                node = len(places) - 1
                wants_key = kind is MappingStartEvent
                child: Any = {} if wants_key else []
                if mapping:
                    if key is not _MERGE:
                        container[key] = child
                else:
                    container.append(child)
                container, mapping, names, height = child, wants_key, None, 0
                at_start = expanded
                anchor = None
                if event.anchor is not None:
                    anchor = anchors[event.anchor] = _Anchor(child, node)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                ends[node] = len(places)
                if anchor is not None:
                    anchor.size = len(places) - node + expanded - at_start
                    anchor.height = height + 1
                child, child_node, child_height = container, node, height + 1
                container, mapping, key, names, node, anchor, at_start, height = frames.pop()
                if child_height > height:
                    height = child_height
                if mapping:
                    wants_key = True
                    if key is _MERGE:
                        expanded += _merge(document, node, container, child, child_node, event.start_mark)
                        if expanded > most_nodes:
                            mark = event.start_mark
                            problem = f"merges stand for more than {most_nodes} values"
                            raise YamlError(problem, mark.index, ALIAS_BOMB)
                else:
                    wants_key = False
            elif kind is AliasEvent:
                mark = event.start_mark
                put(mark.index)
                meant = anchors.get(event.anchor)
                if meant is None:
                    raise YamlError(f"the alias *{event.anchor} has no anchor before it", mark.index)
                if not meant.size:
                    raise YamlError(f"the anchor &{event.anchor} contains itself", mark.index)
                expanded += meant.size
                height = max(height, meant.height + 1)
                if expanded > most_nodes or len(frames) + meant.height > deepest:
                    raise YamlError(
                        f"aliases stand for more than {most_nodes} values or {deepest} levels",
                        mark.index,
                        ALIAS_BOMB,
                    )
                alias_node = len(places) - 1
                table.aliases[alias_node] = meant.node
                if wants_key:
                    key = _alias_key(meant.value, mark)
                    wants_key = False
                    if key in container:
                        if names is None:
                            names = table.keys[node] = list(container)
                        _note_repeat(document, node, container, key)
                    if names is not None:
                        names.append(key)
                elif not mapping:
                    container.append(meant.value)
                elif key is _MERGE:
                    expanded += _merge(document, node, container, meant.value, alias_node, mark)
                    wants_key = True
                else:
                    container[key] = meant.value
                    wants_key = True
            else:  # the end of the document
                document.value = root[0]
                return document

    def _key(self, event: Any, text: str, tag: str | None) -> str:
        """A key that was not met before. One that reads the same with and without quotes is remembered."""
        try:
            if tag is not None and tag != "!":
                return _MERGE if tag == _MERGE_TAG else to_key(resolve_tagged(tag, text))
            plain = "<<" if text == "<<" else to_key(resolve(text))
        except ValueError as error:
            if tag is None and event.implicit[0]:
                raise YamlError(str(error), event.start_mark.index) from None
            return text
        if plain == text and text != "<<":
            if len(self._same_keys) < _MEMO_SIZE:
                self._same_keys[text] = text
            return text
        if tag is not None or not event.implicit[0]:
            return text
        return _MERGE if text == "<<" else plain

    def _scalar(self, event: Any, text: str) -> Scalar:
        try:
            value = to_json(resolve(text))
        except ValueError as error:
            raise YamlError(f"`{text[:80]}`: {error}", event.start_mark.index) from None
        if len(self._plain) < _MEMO_SIZE:
            self._plain[text] = value
        return value


def _merge(document: YamlDocument, node: int, container: dict[str, Any], value: Any, value_node: int, mark: Any) -> int:
    """Merge into the mapping ``node`` as go-yaml v2 does, and return how many entries it had to look at.

    It merges at once, over what was written before it; of a list of mappings the first wins.
    """
    table = document.table
    target = table.aliases.get(value_node, value_node)
    parts: list[tuple[int, Any]] = [(target, value)]
    if isinstance(value, list):
        parts = [
            (table.aliases.get(part, part), each) for part, each in zip(table.children(target), value, strict=True)
        ]
    if not all(isinstance(part, dict) for _, part in parts):
        raise _merge_error(mark)
    names = table.keys[node]
    own = {name for name in names if name is not None}
    for _, part in reversed(parts):
        for key in own & part.keys():
            if part[key] != container[key]:
                _note_repeat(document, node, container, key, by_merge=value_node)
        container.update(part)
    table.merges.setdefault(node, []).append(tuple(table.index(at, part) for at, part in parts))
    names.append(None)
    return len(names) + sum(len(part) for _, part in parts)


def _note_repeat(
    document: YamlDocument, node: int, container: dict[str, Any], key: str, *, by_merge: int | None = None
) -> None:
    """Note that the unfinished mapping ``node`` has ``key`` already; the node read last, or the merge, replaces it."""
    if len(document.repeats) < _MOST_REPEATS:
        table = document.table
        entry = table.find(node, container, key)
        if entry is not None:
            later = len(table.places) - 1 if by_merge is None else by_merge
            document.repeats.append(Repeat(key, later, entry[0], by_merge is not None))


def _alias_key(value: Any, mark: Any) -> str:
    if isinstance(value, dict | list):
        raise YamlError("a mapping key can't be a mapping or a list", mark.index)
    try:
        return to_key(value)
    except ValueError as error:
        raise YamlError(str(error), mark.index) from None


def _tagged(event: Any, tag: str, text: str) -> Scalar:
    try:
        return text if tag == "!" else to_json(resolve_tagged(tag, text))
    except ValueError as error:
        raise YamlError(str(error), event.start_mark.index) from None


def _merge_error(mark: Any) -> YamlError:
    return YamlError("a merge key `<<` needs a mapping or a list of mappings", mark.index)
