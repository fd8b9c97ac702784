"""Fixes that the linter may write by itself: each leaves every policy as it is read, and so every connection.

A fix is tried on the policies first; one that would change what is read is not offered.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ringfence.dialects import read_policies
from ringfence.model import codes
from ringfence.model.finding import Code, Finding
from ringfence.model.objects import IGNORE_ANNOTATION, RawObject, Snapshot
from ringfence.model.patch import Edit, EditOp, Patch, Path

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class SafeFix:
    """A finding, and the patch that puts it right without changing a connection."""

    finding: Finding
    patch: Patch


def safe_fixes(snapshot: Snapshot, findings: Iterable[Finding], *, cni: str = "generic") -> tuple[SafeFix, ...]:
    """The fixes for those of the findings that have one."""
    raws = {raw.ref: raw for raw in snapshot.policies}
    found = []
    for finding in findings:
        make = FIXES.get(finding.code)
        raw = raws.get(finding.subject) if finding.subject is not None else None
        edit = make(finding, raw) if make is not None and raw is not None else None
        if raw is None or edit is None:
            continue
        patch = Patch(f"Correct {finding.code.code} in {raw.ref}", raw.ref, (edit,), origin=finding.origin)
        if _is_read_alike(raw, patch, cni):
            found.append(SafeFix(finding, patch))
    return tuple(found)


def _is_read_alike(raw: RawObject, patch: Patch, cni: str) -> bool:
    try:
        body = patch.apply(raw.body)
    except LookupError:
        return False
    if body is None:
        return False
    before, _ = read_policies(Snapshot(policies=(raw,)), cni=cni)
    after, _ = read_policies(Snapshot(policies=(replace(raw, body=body),)), cni=cni)
    return before == after


def _mask(finding: Finding, raw: RawObject) -> Edit | None:
    path = path_of(finding.origin.path)
    value = _at(raw.body, path)
    try:
        network = ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return None
    return Edit(EditOp.REPLACE, path, str(network))


def _select_all(_: Finding, raw: RawObject) -> Edit | None:
    spec = raw.body.get("spec")
    return Edit(EditOp.ADD, ("spec", "podSelector"), {}) if isinstance(spec, dict) else None


def _unsuppress(_: Finding, raw: RawObject) -> Edit | None:
    """Takes the annotation away where it holds this one entry only."""
    path: Path = ("metadata", "annotations")
    annotations = _at(raw.body, path)
    text = annotations.get(IGNORE_ANNOTATION) if isinstance(annotations, dict) else None
    if not isinstance(annotations, dict) or not isinstance(text, str) or len(re.findall(r"RF\d{3}", text)) != 1:
        return None
    return Edit(EditOp.REMOVE, path if len(annotations) == 1 else (*path, IGNORE_ANNOTATION))


FIXES: Mapping[Code, Callable[[Finding, RawObject], Edit | None]] = {
    codes.HOST_BITS: _mask,
    codes.POD_SELECTOR_MISSING: _select_all,
    codes.UNUSED_SUPPRESSION: _unsuppress,
}
"""How each rule that has a safe fix is put right."""


def path_of(text: str) -> Path:
    """The steps of a path such as ``spec.egress[0].to[1].ipBlock.cidr``."""
    return tuple(int(index) if index else name for name, index in _STEP.findall(text))


def _at(body: Any, path: Path) -> Any:
    """The value at a path; ``None`` where there is none."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body
