"""Which edits together give a key another name: in the text only the key changes, and its value and comments stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.model.patch import Edit, EditOp


def with_renames(body: Any, edits: list[Edit]) -> Iterator[tuple[Edit, str | None]]:
    """Each edit; a removal before the addition of the same value beside it is a renaming, with the new name."""
    position = 0
    while position < len(edits):
        edit = edits[position]
        following = edits[position + 1] if position + 1 < len(edits) else None
        if following is not None and _is_renaming(body, edit, following):
            yield edit, str(following.path[-1])
            position += 2
        else:
            yield edit, None
            position += 1


def _is_renaming(body: Any, removal: Edit, addition: Edit) -> bool:
    kinds = removal.op is EditOp.REMOVE and addition.op is EditOp.ADD
    if not kinds or not removal.path or addition.path[:-1] != removal.path[:-1]:
        return False
    for step in removal.path[:-1]:
        try:
            body = body[step]
        except (LookupError, TypeError):
            return False
    own = isinstance(body, dict) and removal.path[-1] in body and addition.path[-1] not in body
    return own and bool(body[removal.path[-1]] == addition.value)
