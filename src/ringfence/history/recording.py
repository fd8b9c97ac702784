"""What a watch tells into revisions: which of it is history, when it happened, and who did it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ringfence.history.identity import Identity, group_of, identity, ref_of
from ringfence.history.journal import Journal
from ringfence.history.keeper import Keeper, Turn
from ringfence.history.revision import Revision, author_of, body_of
from ringfence.live.discovery import Resource
from ringfence.model.origin import ObjectRef
from ringfence.sources.policy_kinds import is_policy

_plain = msgspec.json.Decoder()
_LATE: Final = dt.timedelta(minutes=1)
"""An event says of an object changed longer ago that something else of it changed, such as its status."""


def is_kept(resource: Resource) -> bool:
    """True for policies, what belongs to them, and namespaces, whose labels select."""
    return (resource.group, resource.kind) == ("", "Namespace") or is_policy(resource.group, resource.kind)


def revisions_of(turns: Iterable[Turn], now: dt.datetime) -> Iterator[Revision]:
    """What changed of policies and namespaces; a change of a status alone is none."""
    for turn in turns:
        if not is_kept(turn.resource):
            continue
        after = None if turn.after is None else _value(turn.resource, turn.after)
        if after is not None and turn.before is not None:
            before = _value(turn.resource, turn.before)
            if body_of(before) == body_of(after):
                continue
        yield _revision(turn.resource, turn.namespace, turn.name, after, now, seen=turn.seen)


def baseline(keeper: Keeper, journal: Journal, cluster: str, now: dt.datetime) -> list[Revision]:
    """What a watch finds when it begins: what is new or different since the history ended, and what is gone.

    What was not looked for, in other namespaces or of a kind that may not be listed, is not gone.

    An object's own record tells since when it is as it is, where its manager is recorded; else it is known from now on.
    """
    looked = [  # asked before the objects: a list that comes in between must not make its own look gone
        ref
        for ref in map(ref_of, journal.at(now, cluster))
        if keeper.looked(group_of(ref.api_version), ref.kind, ref.namespace)
    ]
    found: dict[Identity, Revision] = {}
    for item in keeper.items():
        group = item.api_version.rpartition("/")[0]
        resource = Resource(group, item.api_version.rpartition("/")[2], item.kind, "")
        if is_kept(resource):
            value = item.body()
            metadata = value.get("metadata") or {}
            namespace, name = str(metadata.get("namespace", "")), str(metadata.get("name", ""))
            revision = _revision(resource, namespace, name, value, now, seen=False)
            tool, time = author_of(value)
            if time is not None:
                revision = Revision(
                    revision.ref, time, revision.body, "", tool, revision.version, revision.uid, "list", exact=True
                )
            found[identity(revision.ref)] = revision
    gone = [Revision(ref, now, None, source="list", exact=False) for ref in looked if identity(ref) not in found]
    return [*found.values(), *gone]


def _value(resource: Resource, raw: msgspec.Raw) -> dict[str, Any]:
    value: dict[str, Any] = _plain.decode(raw)
    return {"apiVersion": resource.api_version, "kind": resource.kind, **value}


def _revision(
    resource: Resource, namespace: str, name: str, value: Mapping[str, Any] | None, now: dt.datetime, *, seen: bool
) -> Revision:
    ref = ObjectRef(resource.kind, name, namespace, resource.api_version)
    source = "watch" if seen else "list"
    if value is None:
        return Revision(ref, now, None, source=source, exact=seen)
    metadata = value.get("metadata") or {}
    tool, time = author_of(value)
    if time is None or not now - _LATE <= time <= now + _LATE:
        time = now
    version, uid = str(metadata.get("resourceVersion", "")), str(metadata.get("uid", ""))
    return Revision(ref, time, body_of(value), "", tool, version, uid, source, exact=seen)
