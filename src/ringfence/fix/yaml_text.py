"""Edits of YAML text in place: only the lines that an edit is about change.

A round trip through a loader and a dumper, also one that keeps comments, rewrites lines that nobody changed:
indentation, quotes, long lines. So the text is edited at the places that the parser gives for each node, and the
result is read again and compared with what the edit means; where the two differ, the edit is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from ringfence.fix.yaml_documents import EditError, documents, nodes
from ringfence.fix.yaml_dump import block, flow
from ringfence.fix.yaml_renames import with_renames
from ringfence.model.patch import Edit, EditOp, Path, apply_edits


def edit_document(text: str, number: int, prefix: Path, edits: Iterable[Edit]) -> str:
    """The text with edits applied to the object at ``prefix`` of document ``number`` (from 0).

    Raises:
        EditError: an edit meets an anchor, a merge key or a layout that can't be changed line by line.
    """
    wanted = [Edit(edit.op, (*prefix, *edit.path), edit.value) for edit in edits]
    before = documents(text)
    for edit, name in with_renames(before[number], wanted):
        editor = _Editor(text, nodes(text)[number])
        text = editor.edited(edit) if name is None else editor.renamed(edit.path, name)
    after = documents(text)
    try:
        expected = apply_edits(before[number], tuple(wanted))
    except LookupError as error:
        raise EditError(str(error)) from None
    if after != [*before[:number], expected, *before[number + 1 :]]:
        raise EditError("the edit would change something else, too")
    return text


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node, with its key where it is a value of a mapping."""

    node: Any
    key: Any = None


class _Editor:
    def __init__(self, text: str, root: Any) -> None:
        self._text = text
        self._root = root
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._uses: Counter[int] = Counter()
        self._count(root)

    def edited(self, edit: Edit) -> str:
        """The text after one edit."""
        if not edit.path:
            raise EditError("the whole object would change")
        path, value = self._deepest(edit)
        parent, step = self._find(path[:-1]), path[-1]
        if edit.op is EditOp.REMOVE:
            return self._remove(parent.node, step)
        if isinstance(parent.node, yaml.SequenceNode):
            if edit.op is EditOp.REPLACE:
                return self._replace(self._item(parent.node, int(step)), value)
            return self._insert_item(parent, int(step), value)
        spot = self._member(parent.node, step)
        if spot is not None:
            return self._replace(spot.node, value, spot.key)
        return self._insert_member(parent, str(step), value)

    def renamed(self, path: Path, name: str) -> str:
        """The text with another key for the value at a path."""
        spot = self._find(path)
        key = spot.key
        if key is None:
            raise EditError("an item of a list has no name")
        return self._put(key.start_mark.index, self._end(key), flow(name))

    # ---- finding -------------------------------------------------------------------------------------------------

    def _count(self, node: Any) -> None:
        self._uses[id(node)] += 1
        if self._uses[id(node)] > 1:
            return
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self._count(key)
                self._count(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._count(item)

    def _deepest(self, edit: Edit) -> tuple[Path, Any]:
        """An added value with the mappings that are missing on its way around it."""
        path, value = edit.path, edit.value
        if edit.op is not EditOp.ADD:
            return path, value
        for length in range(len(path)):
            spot = self._look(path[:length])
            if spot is None or _is_null(spot.node):
                for step in reversed(path[length:]):
                    value = {step: value}
                return path[:length], value
        return path, value

    def _look(self, path: Path) -> _Spot | None:
        spot: _Spot | None = _Spot(self._root)
        for step in path:
            if spot is None:
                return None
            self._check(spot.node)
            if isinstance(spot.node, yaml.SequenceNode) and isinstance(step, int) and step < len(spot.node.value):
                spot = _Spot(spot.node.value[step])
            else:
                spot = self._member(spot.node, step)
        return spot

    def _find(self, path: Path) -> _Spot:
        spot = self._look(path)
        if spot is None:
            raise EditError("the field comes from a merge key (<<) or isn't in the text")
        self._check(spot.node)
        return spot

    def _check(self, node: Any) -> None:
        if self._uses[id(node)] > 1:
            raise EditError("the field is shared with others by an anchor (&)")

    def _member(self, node: Any, step: str | int) -> _Spot | None:
        if not isinstance(node, yaml.MappingNode):
            return None
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                if any(step == inner.value for inner, _ in _merged(value)):
                    raise EditError("the field comes from a merge key (<<)")
            elif key.value == str(step):
                return _Spot(value, key)
        return None

    def _item(self, node: Any, index: int) -> Any:
        if not 0 <= index < len(node.value):
            raise EditError(f"the list has no item {index}")
        return node.value[index]

    # ---- places --------------------------------------------------------------------------------------------------

    def _end(self, node: Any, key: Any = None) -> int:
        """Where the text of a node ends, without the comments and blank lines that follow it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1], last[0]) if isinstance(last, tuple) else self._end(last)
        start: int = node.start_mark.index
        end: int = node.end_mark.index
        if _is_null(node) and start == end and key is not None:
            return self._text.index(":", key.end_mark.index) + 1
        return start + len(self._text[start:end].rstrip())

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        """The start of the line after the one that holds ``index``."""
        found = self._text.find("\n", index)
        return len(self._text) if found < 0 else found + 1

    def _put(self, start: int, end: int, text: str) -> str:
        return self._text[:start] + text + self._text[end:]

    def _lines_after(self, index: int, lines: list[str]) -> str:
        """New lines after the line that holds ``index``."""
        at = self._line_end(index)
        lead = "" if at == 0 or self._text[at - 1] == "\n" else self._newline
        return self._put(at, at, lead + "".join(line + self._newline for line in lines))

    # ---- adding --------------------------------------------------------------------------------------------------

    def _insert_member(self, parent: _Spot, key: str, value: Any) -> str:
        node = parent.node
        if _is_null(node):
            return self._replace(node, {key: value}, parent.key)
        if not isinstance(node, yaml.MappingNode):
            raise EditError("a field would be added below a value")
        if node.flow_style:
            return self._insert_flow(node, f"{flow(key)}: {flow(value)}")
        last_key, last = node.value[-1]
        indent = " " * node.value[0][0].start_mark.column
        return self._lines_after(self._end(last, last_key), [indent + line for line in block({key: value})])

    def _insert_item(self, parent: _Spot, index: int, value: Any) -> str:
        node = parent.node
        if not 0 <= index <= len(node.value):
            raise EditError(f"the list has no place {index}")
        if node.flow_style:
            if not node.value and isinstance(value, dict) and parent.key is not None and self._in_block(parent.key):
                return self._replace_lines(node, parent.key, [value])
            return self._insert_flow(node, flow(value), index)
        indent = " " * node.start_mark.column
        lines = [indent + line for line in block([value])]
        if index:
            return self._lines_after(self._end(node.value[index - 1]), lines)
        start = self._line_start(node.start_mark.index)
        if self._text[start : node.start_mark.index].strip():
            raise EditError("the list begins on the line of another one")
        start = self._above_comments(start)
        return self._put(start, start, "".join(line + self._newline for line in lines))

    def _above_comments(self, start: int) -> int:
        """The start of the comment lines right above a line: they belong to what follows them."""
        while start:
            before = self._line_start(start - 1)
            if not self._text[before:start].lstrip().startswith("#"):
                break
            start = before
        return start

    def _insert_flow(self, node: Any, text: str, index: int | None = None) -> str:
        children = [child[0] if isinstance(child, tuple) else child for child in node.value]
        if not children:
            return self._put(node.start_mark.index + 1, node.end_mark.index - 1, text)
        if index is not None and index < len(children):
            at = children[index].start_mark.index
            return self._put(at, at, f"{text}, ")
        last = node.value[-1]
        at = self._end(last[1], last[0]) if isinstance(last, tuple) else self._end(last)
        return self._put(at, at, f", {text}")

    # ---- replacing -----------------------------------------------------------------------------------------------

    def _replace(self, node: Any, value: Any, key: Any = None) -> str:
        self._check(node)
        compound = isinstance(value, dict | list) and bool(value)
        if compound and key is not None and self._in_block(key) and not _is_inline(node):
            return self._replace_lines(node, key, value)
        start, end = node.start_mark.index, self._end(node, key)
        if compound and isinstance(node, yaml.CollectionNode) and not node.flow_style:
            indent = self._newline + " " * node.start_mark.column
            return self._put(start, end, indent.join(block(value)))
        text = flow(value)
        if start >= end or not self._text[start:end].strip():
            return self._put(end, end, f" {text}")
        return self._put(start, end, text)

    def _replace_lines(self, node: Any, key: Any, value: Any) -> str:
        """A value that takes lines of its own below its key."""
        indent = self._newline + " " * (key.start_mark.column + 2)
        start = self._text.index(":", key.end_mark.index) + 1
        end = self._end(node, key)
        close = self._line_end(end)
        comment = self._text[end:close].rstrip()
        after = self._newline if self._text[end:close].endswith("\n") else ""
        return self._put(start, close, comment + "".join(indent + line for line in block(value)) + after)

    def _in_block(self, key: Any) -> bool:
        """True where a key stands at the beginning of its line, or after the dash of its item."""
        before = self._text[self._line_start(key.start_mark.index) : key.start_mark.index]
        return not before.strip(" -")

    # ---- removing ------------------------------------------------------------------------------------------------

    def _remove(self, parent: Any, step: str | int) -> str:
        if isinstance(parent, yaml.SequenceNode):
            index = int(step)
            self._check(self._item(parent, index))
            children = [(item, item, None) for item in parent.value]
        elif isinstance(parent, yaml.MappingNode):
            spot = self._member(parent, step)
            if spot is None:
                raise EditError(f"there is no {step!r} in the text")
            self._check(spot.node)
            children = [(key, value, key) for key, value in parent.value]
            index = next(n for n, (key, _, _) in enumerate(children) if key.value == str(step))
        else:
            raise EditError("a field would be removed below a value")
        if len(children) == 1:
            return self._emptied(parent)
        first, last, key = children[index]
        if parent.flow_style:
            if index + 1 < len(children):
                return self._put(first.start_mark.index, children[index + 1][0].start_mark.index, "")
            before, _, before_key = children[index - 1][1], None, children[index - 1][2]
            return self._put(self._end(before, before_key), self._end(last, key), "")
        start = self._line_start(first.start_mark.index)
        lead = self._text[start : first.start_mark.index]
        if isinstance(parent, yaml.MappingNode) and lead.strip():
            if index:
                raise EditError("two fields stand on one line")
            return self._put(first.start_mark.index, children[1][0].start_mark.index, "")
        if isinstance(parent, yaml.SequenceNode) and lead.strip() != "-":
            raise EditError("two lists begin on one line")
        return self._put(start, self._line_end(self._end(last, key)), "")

    def _emptied(self, parent: Any) -> str:
        text = "[]" if isinstance(parent, yaml.SequenceNode) else "{}"
        start, end = parent.start_mark.index, self._end(parent)
        if not parent.flow_style:
            before = self._text[:start].rstrip()
            if before.endswith(":") and not before.rpartition("\n")[2].lstrip().startswith("#"):
                return self._put(len(before), end, f" {text}")
        return self._put(start, end, text)


def _is_null(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _is_inline(node: Any) -> bool:
    """True for a value in braces or brackets that isn't empty: what replaces it is written in the same way."""
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style) and bool(node.value)


def _merged(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [pair for item in node.value for pair in _merged(item)]
    return []
