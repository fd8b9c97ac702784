"""Edits that take requirements out of a label selector, or correct them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.model.labels import Operator, Requirement
from ringfence.model.patch import Edit, EditOp, Path


def relaxed(one: Requirement, path: Path, selector: Any) -> Iterator[Edit]:
    """The edits that take one requirement out of a selector."""
    if not isinstance(selector, dict):
        return
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if one.operator is Operator.IN and isinstance(labels, dict) and labels.get(one.key) in one.values:
        # An empty matchLabels would say the same, and look like something left over.
        yield Edit(EditOp.REMOVE, (*path, "matchLabels", one.key) if len(labels) > 1 else (*path, "matchLabels"))
    for number, entry in enumerate(expressions if isinstance(expressions, list) else ()):
        if isinstance(entry, dict) and (entry.get("key"), entry.get("operator")) == (one.key, one.operator.value):
            yield Edit(EditOp.REMOVE, (*path, "matchExpressions", number))


def corrected(one: Requirement, key: str, value: str, path: Path, selector: Any) -> Iterator[Edit]:
    """The edits that make one requirement of a selector ask for ``key=value``."""
    if not isinstance(selector, dict) or one.operator is not Operator.IN:
        return
    labels, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    if isinstance(labels, dict) and labels.get(one.key) in one.values:
        if key == one.key:
            yield Edit(EditOp.REPLACE, (*path, "matchLabels", key), value)
        else:
            yield Edit(EditOp.REMOVE, (*path, "matchLabels", one.key))
            yield Edit(EditOp.ADD, (*path, "matchLabels", key), value)
        return
    for number, entry in enumerate(expressions if isinstance(expressions, list) else ()):
        if isinstance(entry, dict) and (entry.get("key"), entry.get("operator")) == (one.key, one.operator.value):
            if key != one.key:
                yield Edit(EditOp.REPLACE, (*path, "matchExpressions", number, "key"), key)
            if value not in one.values:
                yield Edit(EditOp.REPLACE, (*path, "matchExpressions", number, "values"), [value])
            return


def last_first(edits: list[Edit]) -> tuple[Edit, ...]:
    """Removals from one list go from its end, so that the indexes of the others hold."""
    unique = {edit.path: edit for edit in edits}
    return tuple(sorted(unique.values(), key=lambda edit: str(edit.path[-1]).rjust(99), reverse=True))
