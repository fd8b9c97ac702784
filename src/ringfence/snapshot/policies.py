"""Policies as the archive keeps them: whole, less what API servers add and, unless asked for, annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ringfence.model.patch import Edit, EditOp, Path

OWN: Final = "ringfence.dev/"
"""Annotations that Ringfence itself reads begin so; they change answers, and are always kept."""
STORED: Final = "projectcalico.org/metadata"
"""Calico's copy of the metadata of a stored object: the labels of network sets stand nowhere else."""
DRY_RUN: Final = "istio.io/dry-run"
"""Says that a policy of Istio is not enforced: answers depend on it."""
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""A copy of the whole object, its annotations included: never kept."""

_SERVER: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Fields of ``metadata`` that the API server sets, and no answer depends on."""
_MADE: Final = "creationTimestamp"
_BY_AGE: Final = ("PeerAuthentication",)
"""Kinds of which the oldest object counts."""


def removals(body: Mapping[str, Any], *, annotations: bool) -> tuple[Edit, ...]:
    """What is taken out of a policy, as edits of it."""
    paths: list[Path] = []
    edits: list[Edit] = []
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping):
        aged = body.get("kind") in _BY_AGE
        paths += [("metadata", name) for name in _SERVER if name in metadata and not (aged and name == _MADE)]
        given = metadata.get("annotations")
        if isinstance(given, Mapping):
            paths += _annotation_paths(given, keep=annotations)
        elif given:  # of a wrong type, which makes the policy unreadable: it must stay so
            edits.append(Edit(EditOp.REPLACE, ("metadata", "annotations"), type(given)()))
    if "status" in body:
        paths.append(("status",))
    return (*edits, *(Edit(EditOp.REMOVE, path) for path in paths))


def dropped_annotations(body: Mapping[str, Any], *, annotations: bool) -> int:
    """How many annotations of an object are left out."""
    metadata = body.get("metadata")
    given = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return sum(not keeps(key, all_=annotations) for key in given) if isinstance(given, Mapping) else 0


def keeps(key: str, *, all_: bool) -> bool:
    """Whether an annotation is kept; ``all_`` asks for every one that is no copy of the object."""
    return key.startswith(OWN) or key in (STORED, DRY_RUN) or (all_ and key != LAST_APPLIED)


def _annotation_paths(given: Mapping[str, Any], *, keep: bool) -> list[Path]:
    path: Path = ("metadata", "annotations")
    dropped = [key for key in given if not keeps(key, all_=keep)]
    if dropped and len(dropped) == len(given):
        return [path]
    return [(*path, key) for key in dropped]
