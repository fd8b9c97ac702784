"""When policies were last changed, as far as their objects say, and times in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from ringfence.model.objects import RawObject, Snapshot
from ringfence.model.origin import ObjectRef


def changed_at(snapshot: Snapshot) -> dict[ObjectRef, float]:
    """The time of each policy's latest change, where its metadata tells: of its making, and of its fields' managers."""
    found = {}
    for raw in snapshot.policies:
        times = list(_times(raw))
        if times:
            found[raw.ref] = max(times)
    return found


def _times(raw: RawObject) -> Iterator[float]:
    metadata = raw.body.get("metadata")
    if not isinstance(metadata, dict):
        return
    managed = metadata.get("managedFields")
    fields = [each for each in managed if isinstance(each, dict)] if isinstance(managed, list) else []
    for value in (metadata.get("creationTimestamp"), *(each.get("time") for each in fields)):
        if (found := seconds_of(value)) is not None:
            yield found


def seconds_of(value: Any) -> float | None:
    """A time as Kubernetes writes it, in seconds since 1970; None for anything else."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=value.tzinfo or dt.UTC).timestamp()
    if not isinstance(value, str):
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp()


def moment(seconds: float) -> str:
    """``2026-11-16 08:00 UTC``."""
    return f"{dt.datetime.fromtimestamp(seconds, tz=dt.UTC):%Y-%m-%d %H:%M} UTC"
