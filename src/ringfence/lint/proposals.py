"""Patches that rules propose for what they find. Nothing is shown before :mod:`ringfence.lint.fixes` has tried it.

A module of :mod:`ringfence.lint.rules` proposes in one of two ways: its ``check`` puts patches into the findings that
it makes, and where findings come from reading the input, its ``patches`` makes them afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ringfence.lint.context import LintContext
from ringfence.model.finding import Finding
from ringfence.model.objects import RawObject
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.patch import Edit, EditOp, Patch, Path

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_NAMESPACES = ("namespaceSelector", "namespaces")
_PORTS = ("port", "number")


def path_of(text: str) -> Path:
    """The steps of a path such as ``spec.egress[0].to[1].ipBlock.cidr``."""
    return tuple(int(index) if index else name for name, index in _STEP.findall(text))


def value_at(body: Any, path: Path) -> Any:
    """The value at a path; ``None`` where there is none."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def place(context: LintContext, finding: Finding) -> tuple[RawObject, Path, Any] | None:
    """The policy object that a finding is about, the path of its place there, and the value at it."""
    raw = context.raw(finding.subject) if finding.subject is not None else None
    path = path_of(finding.origin.path)
    return None if raw is None or not path else (raw, path, value_at(raw.body, path))


def edited(title: str, ref: ObjectRef, origin: Origin, *edits: Edit) -> Patch:
    """A patch of one object, at the place of a finding."""
    return Patch(title, ref, edits, origin=origin)


def replaced(finding: Finding, raw: RawObject, path: Path, value: Any) -> Patch:
    """The patch that writes another value at the place of a finding."""
    return replaced_at(raw, finding.origin, path, value)


def replaced_at(raw: RawObject, origin: Origin, path: Path, value: Any) -> Patch:
    """The patch that writes another value at a path."""
    title = f"Write {_shown(value)} for {_shown(value_at(raw.body, path))}"
    return edited(title, raw.ref, origin, Edit(EditOp.REPLACE, path, value))


def renamed(ref: ObjectRef, body: Mapping[str, Any], origin: Origin, path: Path, name: str) -> Iterator[Patch]:
    """The patch that gives a key another name; nothing where its mapping has that name already."""
    members = value_at(body, path[:-1])
    if isinstance(members, dict) and path[-1] in members and name not in members:
        removal = Edit(EditOp.REMOVE, path)
        addition = Edit(EditOp.ADD, (*path[:-1], name), members[path[-1]])
        yield edited(f"Write `{name}` for `{path[-1]}`", ref, origin, removal, addition)


def rule_removed(context: LintContext, ref: ObjectRef, origin: Origin, title: str) -> Iterator[Patch]:
    """The patch that takes a rule out.

    Nothing where it is the only one of its list: an empty list may mean something else than a list with a rule that
    does nothing, as ``egress: []`` without ``policyTypes`` does.
    """
    raw, path = context.raw(ref), path_of(origin.path)
    if raw is None or not path or not isinstance(path[-1], int):
        return
    rules = value_at(raw.body, path[:-1])
    if isinstance(rules, list) and len(rules) > 1:
        yield edited(title, ref, origin, Edit(EditOp.REMOVE, path))


def deleted(ref: ObjectRef, origin: Origin) -> Patch:
    """The patch that takes a whole object away."""
    return Patch(f"Delete {ref}", ref, delete=True, origin=origin)


def port_path(body: Mapping[str, Any], path: Path, port: int) -> Path | None:
    """Where a port entry at ``path`` says its number, in whichever API; ``None`` for a range, or where it isn't."""
    entry = value_at(body, path)
    if not isinstance(entry, dict) or entry.get("endPort") is not None:
        return None
    for key, value in entry.items():
        if key in _PORTS and value == port:
            return (*path, key)
        if isinstance(value, dict) and (found := port_path(body, (*path, key), port)) is not None:
            return found
    return None


def label_paths(node: Any, path: Path, key: str, *, namespaces: bool) -> Iterator[Path]:
    """Where selectors at and below a node ask for a label: the key in ``matchLabels``, or an entry of expressions.

    ``namespaces`` says whether selectors of namespaces are meant, or those of pods.
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from label_paths(item, (*path, index), key, namespaces=namespaces)
    elif isinstance(node, dict):
        of_namespaces = bool(path) and path[-1] in _NAMESPACES
        labels, expressions = node.get("matchLabels"), node.get("matchExpressions")
        if of_namespaces is namespaces and isinstance(labels, dict) and key in labels:
            yield (*path, "matchLabels", key)
        if of_namespaces is namespaces and isinstance(expressions, list):
            for index, item in enumerate(expressions):
                if isinstance(item, dict) and item.get("key") == key:
                    yield (*path, "matchExpressions", index)
        for step, value in node.items():
            if step not in ("matchLabels", "matchExpressions"):
                yield from label_paths(value, (*path, step), key, namespaces=namespaces)


def _shown(value: Any) -> str:
    text = str(value)
    return f"`{text}`" if len(text) <= 40 else "it"
