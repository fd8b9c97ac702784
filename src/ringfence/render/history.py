"""Changes of policies, as lines and as a HistoryReport document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ringfence.history.audit import Audit
from ringfence.history.identity import kind_shown
from ringfence.history.revision import Body, Recorded
from ringfence.render import json_values
from ringfence.render.json_values import Json

_MANY = 6


def text(changes: Sequence[Recorded]) -> Iterator[str]:
    """A line a change, and what was changed below it."""
    for each in changes:
        yield line(each)
    if not changes:
        yield "Nothing is recorded for that."


def line(recorded: Recorded) -> str:
    """Time, object, what happened to it, by whom, and in which fields."""
    revision = recorded.revision
    when = f"{revision.time:%Y-%m-%d %H:%M:%S}Z"
    mark = "" if revision.exact else " (found out then)"
    who = " with ".join(filter(None, (revision.who, revision.tool)))
    by = f" by {who}" if who else ""
    fields = changed_fields(recorded.before, revision.body) if recorded.verb == "changed" else []
    shown = ", ".join(fields[:_MANY]) + (f" and {len(fields) - _MANY} more" if fields[_MANY:] else "")
    shown_ref = replace(revision.ref, kind=kind_shown(revision.ref))
    return f"{when}{mark}  {shown_ref} {recorded.verb}{by}" + (f": {shown}" if shown else "")


def changed_fields(before: Body | None, after: Body | None) -> list[str]:
    """The paths of the fields that differ, as deep as mappings go."""
    return list(_differences(before or {}, after or {}, ""))


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before != after:
        yield path


def change(recorded: Recorded) -> Json:
    """One change as plain data."""
    revision = recorded.revision
    return {
        "time": f"{revision.time:%Y-%m-%dT%H:%M:%S.%f}Z",
        "exact": revision.exact,
        "cluster": recorded.cluster,
        "object": {
            "apiVersion": revision.ref.api_version,
            "kind": revision.ref.kind,
            "namespace": revision.ref.namespace,
            "name": revision.ref.name,
        },
        "verb": recorded.verb,
        "who": revision.who,
        "tool": revision.tool,
        "source": revision.source,
        "fields": changed_fields(recorded.before, revision.body) if recorded.verb == "changed" else [],
        "before": recorded.before,
        "after": revision.body,
    }


def document(changes: Sequence[Recorded]) -> str:
    """The document, indented."""
    found = [change(each) for each in changes]
    return json.dumps(json_values.document("HistoryReport", changes=found), indent=2, ensure_ascii=False) + "\n"


def imported(name: str, audit: Audit, news: int) -> Iterator[str]:
    """What one log came to."""
    yield f"{name}: {len(audit.revisions)} changes in {audit.lines} lines; {news} were not known."
    if audit.failed:
        yield f"  {audit.failed} more were refused by the API server, and changed nothing."
    if audit.without_body:
        yield f"  {audit.without_body} changes don't say to what: the log records them below the level RequestResponse."
    if audit.unreadable:
        shown = ", ".join(map(str, audit.unreadable[:_MANY])) + (", …" if audit.unreadable[_MANY:] else "")
        yield f"  {len(audit.unreadable)} lines are no events, and were left out: {shown}."
