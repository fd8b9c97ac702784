"""Holds an archive to what it was made of, before anybody gets it: it is read back, and must say the same."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import Any, Final

from ringfence.model.objects import Snapshot
from ringfence.model.patch import apply_edits
from ringfence.snapshot.policies import removals
from ringfence.sources import load_snapshot
from ringfence.survey import survey
from ringfence.survey.dependency import Dependency

_DIFFERENT: Final = frozenset({"findings", "skipped", "references"})
"""What is said of the input itself, and the texts that an archive must not hold."""


class UnfaithfulError(Exception):
    """An archive doesn't say what its input says. That is a bug of this package."""


def read_back(archive: bytes, original: Snapshot, *, annotations: bool) -> Snapshot:
    """The snapshot that an archive holds.

    Raises:
        UnfaithfulError: the engine, the linter or the survey would see something else than in ``original``.
    """
    again = load_snapshot(["-"], stdin=io.BytesIO(archive), stdin_name="the archive")
    before, after = survey(original), survey(again)
    same = {field.name: getattr(original, field.name) == getattr(again, field.name) for field in fields(Snapshot)}
    same |= {
        "policies": _policies(original, annotations) == _policies(again, annotations),
        "DNS servers": before.dns == after.dns,
        "dependencies": [_told(each) for each in before.dependencies] == [_told(each) for each in after.dependencies],
    }
    wrong = [name for name, holds in same.items() if not holds and name not in _DIFFERENT]
    if wrong:
        raise UnfaithfulError(f"the archive's {', '.join(wrong)} are not those of the input")
    return again


def _policies(snapshot: Snapshot, annotations: bool) -> list[Any]:
    return [(raw.ref, apply_edits(raw.body, removals(raw.body, annotations=annotations))) for raw in snapshot.policies]


def _told(dependency: Dependency) -> tuple[object, ...]:
    return dependency.kind, dependency.source, dependency.sources, dependency.target, dependency.routes
