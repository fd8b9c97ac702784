"""A change to one object, as data: the edits of a manifest, a whole new manifest, or the removal of an object.

Edits follow JSON Patch (RFC 6902) with paths as tuples of keys and indexes: an ``ADD`` into a list inserts before the
index, and appends where the index is the list's length; an ``ADD`` of a key that is there replaces its value. Beyond
the RFC, an ``ADD`` makes the mappings that are missing on its way, as a merge patch (RFC 7386) does: not every workload
has labels yet.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ringfence.model.origin import UNKNOWN, ObjectRef, Origin

Path = tuple[str | int, ...]


class EditOp(enum.Enum):
    """What an edit does at its path; the value is the word of RFC 6902."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of an object. ``value`` is JSON: mappings, lists, strings, numbers; ``None`` for a removal."""

    op: EditOp
    path: Path
    value: Any = field(default=None, hash=False)

    @property
    def pointer(self) -> str:
        """The path as a JSON Pointer (RFC 6901), such as ``/spec/ingress/0/ports``."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


@dataclass(frozen=True, slots=True)
class Patch:
    """A change to one object; ``title`` says it in one line, without a full stop.

    Exactly one of these holds: ``edits`` change the object ``target``; ``manifest`` is the whole body of a new
    ``target``; ``delete`` takes it away. ``origin`` is the place that is edited, unknown for a new object.
    """

    title: str
    target: ObjectRef
    edits: tuple[Edit, ...] = ()
    manifest: Mapping[str, Any] | None = field(default=None, hash=False)
    delete: bool = False
    origin: Origin = field(default=UNKNOWN, compare=False)

    def apply(self, body: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The body of the object after the change; ``None`` where it is taken away. ``body`` itself stays as it is.

        Raises:
            LookupError: a path of an edit doesn't exist in ``body``, or ``body`` is ``None`` though it is edited.
        """
        if self.delete:
            return None
        if self.manifest is not None:
            return dict(self.manifest)
        if body is None:
            raise LookupError(f"{self.target} is edited and not there")
        return apply_edits(body, self.edits)


def apply_edits(body: Mapping[str, Any], edits: tuple[Edit, ...]) -> dict[str, Any]:
    """The body after the edits, one after the other. What no edit touches is shared with ``body``.

    Raises:
        LookupError: a path doesn't exist.
    """
    changed: Any = body
    for edit in edits:
        changed = _edited(changed, edit.path, edit)
    return dict(changed)


def _edited(node: Any, path: Path, edit: Edit) -> Any:
    if not path:
        return edit.value
    step, rest = path[0], path[1:]
    if isinstance(node, Mapping):
        return _edited_mapping(dict(node), step, rest, edit)
    if isinstance(node, list | tuple) and isinstance(step, int):
        return _edited_list(list(node), step, rest, edit)
    raise LookupError(f"{edit.pointer}: nothing can be found below a value")


def _edited_mapping(copy: dict[Any, Any], step: str | int, rest: Path, edit: Edit) -> dict[Any, Any]:
    makes = edit.op is EditOp.ADD and copy.get(step) is None and (not rest or isinstance(rest[0], str))
    if step not in copy and not makes:
        raise LookupError(f"{edit.pointer}: there is no {step!r}")
    if rest:
        copy[step] = _edited({} if makes else copy[step], rest, edit)
    elif edit.op is EditOp.REMOVE:
        del copy[step]
    else:
        copy[step] = edit.value
    return copy


def _edited_list(copy: list[Any], step: int, rest: Path, edit: Edit) -> list[Any]:
    appends = not rest and edit.op is EditOp.ADD
    if not 0 <= step < len(copy) + appends:
        raise LookupError(f"{edit.pointer}: the list has {len(copy)} entries")
    if rest:
        copy[step] = _edited(copy[step], rest, edit)
    elif edit.op is EditOp.REMOVE:
        del copy[step]
    elif edit.op is EditOp.ADD:
        copy.insert(step, edit.value)
    else:
        copy[step] = edit.value
    return copy
