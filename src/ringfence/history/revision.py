"""One state of a policy in time: what it said from then on, and who made it so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ringfence.model.origin import ObjectRef

Body = Mapping[str, Any]

_OF_THE_SERVER: Final = frozenset(
    {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink", "deletionTimestamp"}
)
"""Metadata that the API server keeps. It changes without anybody changing the policy."""

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Revision:
    """A policy, or the labels of a namespace, as it was from ``time`` on.

    ``body`` is what a person wrote of it, None where it was deleted. ``who`` is the user, known from audit logs;
    ``tool`` the program, such as ``kubectl-edit``. ``version`` and ``uid`` are the API server's. ``exact`` tells that
    the time is that of the change; else the change was found out at that time and may have happened before.
    """

    ref: ObjectRef
    time: dt.datetime
    body: Body | None
    who: str = ""
    tool: str = ""
    version: str = ""
    uid: str = ""
    source: str = "watch"
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """A revision as it is kept, with what the object was before it: None where it wasn't there, or isn't known.

    ``number`` is that of its row in the database, by which it can be asked for again.
    """

    revision: Revision
    before: Body | None
    cluster: str = ""
    number: int = 0

    @property
    def verb(self) -> str:
        """``created``, ``changed`` or ``deleted``."""
        if self.revision.body is None:
            return "deleted"
        return "created" if self.before is None else "changed"


def body_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """What a person wrote of an object: without status, and without what the API server keeps in the metadata."""
    metadata = value.get("metadata")
    kept = (
        {key: each for key, each in metadata.items() if key not in _OF_THE_SERVER} if isinstance(metadata, dict) else {}
    )
    annotations = kept.pop("annotations", None)
    if isinstance(annotations, dict):
        annotations = {key: each for key, each in annotations.items() if key != _LAST_APPLIED}
    if annotations:
        kept["annotations"] = annotations
    return {**{key: each for key, each in value.items() if key not in ("status", "metadata")}, "metadata": kept}


def author_of(value: Mapping[str, Any]) -> tuple[str, dt.datetime | None]:
    """The program that changed an object last, and when, by its ``managedFields``; those of the status don't count.

    Source: "Field management" in the Kubernetes documentation. Times there are of whole seconds.
    """
    metadata = value.get("metadata")
    entries = metadata.get("managedFields") if isinstance(metadata, dict) else None
    latest: tuple[str, dt.datetime | None] = ("", None)
    for each in entries if isinstance(entries, list) else ():
        if not isinstance(each, dict) or each.get("subresource"):
            continue
        time = read_time(each.get("time"))
        if time is not None and (latest[1] is None or time >= latest[1]):
            latest = str(each.get("manager", "")), time
    return latest


def read_time(text: object) -> dt.datetime | None:
    """A time as the API server writes it; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None
