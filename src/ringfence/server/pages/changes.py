"""Changes of policies over time: what, when, by whom, and what each did to connections; any two moments compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from ringfence.history.identity import kind_shown
from ringfence.history.revision import Recorded
from ringfence.model.errors import QueryError, RingfenceError
from ringfence.render.history import changed_fields
from ringfence.server import differences
from ringfence.server.answers import Answers
from ringfence.server.change_answers import ChangeAnswers, Effect
from ringfence.server.flow_choice import moment_of
from ringfence.server.following import note
from ringfence.server.views import page

_MOST: Final = 60
"""Changes on one page."""
_FIELDS: Final = 4
_MANY: Final = 4
"""So many changes of one moment stand folded."""
_Number = Annotated[int, Path(ge=0, le=2**31 - 1)]
_NONE: Final = "changes_none.html"
_SECOND: Final = dt.timedelta(seconds=1)


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/changes")
    def changes(request: Request, namespace: str = "", until: str = "") -> Response:
        if answers.changes is None:
            return page(request, _NONE, preparing=answers.preparing)
        end = moment_of(until) if until else None
        _follow(request, answers.changes)
        found = answers.changes.changes(namespace=namespace, until=end, most=_MOST + 1)
        shown = [_row(each) for each in found[:_MOST]]
        for row in shown:
            known = answers.changes.known_effect(row["number"])
            row["effect"] = _numbers(known) if known is not None else None
        return page(
            request,
            "changes.html",
            days=[(day, _together(rows)) for day, rows in groupby(shown, key=lambda row: row["day"])],
            namespace=namespace,
            namespaces=sorted(answers.cluster().snapshot.namespaces),
            total=answers.changes.count(),
            older=_written(found[_MOST].revision.time) if found[_MOST:] else "",
            until=until,
            recording=answers.source.name if answers.changes.records else "",
            compare_since=_written(_before(found)).removesuffix("Z"),
        )

    @router.get("/changes/compare")
    def compare(request: Request, since: str = "", until: str = "") -> Response:
        if answers.changes is None:
            return page(request, _NONE, preparing=answers.preparing)
        _follow(request, answers.changes)
        found, trouble = None, ""
        try:
            found = _compared(answers.changes, since, until)
        except RingfenceError as error:
            trouble = str(error)
        return page(
            request,
            "changes_compare.html",
            400 if trouble else 200,
            found=found,
            trouble=trouble,
            since=since.removesuffix("Z"),
            until=until.removesuffix("Z"),
        )

    @router.get("/changes/{number}")
    def change(request: Request, number: _Number) -> Response:
        if answers.changes is None:
            return page(request, _NONE, preparing=answers.preparing)
        _follow(request, answers.changes)
        recorded = answers.changes.change(number)
        effect = answers.changes.effect(recorded)
        return page(
            request,
            "change.html",
            row=_row(recorded),
            found=differences.told(effect.report) if effect.report is not None else None,
            trouble=effect.trouble,
            lines=differences.lines(recorded.before, recorded.revision.body),
            before=_written(recorded.revision.time - _SECOND),
            after=_written(recorded.revision.time + _SECOND),
        )

    @router.get("/changes/{number}/effect")
    def effect(request: Request, number: _Number) -> Response:
        """A part of the page: what the change did, or that it is being worked out."""
        if answers.changes is None:
            return page(request, _NONE, preparing=answers.preparing)
        answers.changes.change(number)
        known = answers.changes.effect_soon(number)
        return page(request, "change_effect.html", number=number, effect=_numbers(known) if known is not None else None)


def _follow(request: Request, changes: ChangeAnswers) -> None:
    """Notes that the page follows the history as it is now, and not as it was at the last glance."""
    changes.glance.renew()
    note(request)


def _row(recorded: Recorded) -> dict[str, Any]:
    revision = recorded.revision
    fields = changed_fields(recorded.before, revision.body) if recorded.verb == "changed" else []
    return {
        "number": recorded.number,
        "day": f"{revision.time:%A, %-d %B %Y}",
        "clock": f"{revision.time:%H:%M:%S}",
        "stamp": _written(revision.time),
        "exact": revision.exact,
        "verb": recorded.verb,
        "kind": kind_shown(revision.ref),
        "name": "/".join(filter(None, (revision.ref.namespace, revision.ref.name))),
        "who": revision.who,
        "tool": revision.tool,
        "source": revision.source,
        "fields": fields[:_FIELDS],
        "more": len(fields[_FIELDS:]),
        "effect": None,
    }


def _together(rows: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows that one hand made within one second, such as by applying a directory, are one entry."""
    found = [
        list(each) for _, each in groupby(rows, key=lambda row: (row["stamp"], row["who"], row["tool"], row["exact"]))
    ]
    return [part for each in found for part in ([each] if len(each) >= _MANY else [[row] for row in each])]


def _numbers(effect: Effect) -> dict[str, Any]:
    if effect.report is None:
        return {"trouble": effect.trouble}
    return {"trouble": "", **differences.numbers(effect.report)}


def _before(found: list[Recorded]) -> dt.datetime:
    """The moment before the latest change, to compare with to begin with."""
    return found[0].revision.time - _SECOND if found else dt.datetime.now(tz=dt.UTC)


def _compared(changes: ChangeAnswers, since: str, until: str) -> dict[str, Any]:
    """What differs between two moments.

    Raises:
        RingfenceError: a moment can't be read, or they are not in order.
    """
    if not since:
        raise QueryError("Name the moment to compare from.")
    begin, end = moment_of(since), moment_of(until) if until else None
    if end is not None and end <= begin:
        raise QueryError("The second moment must be after the first.")
    report, _ = changes.compare(begin, end)
    between = changes.changes(since=begin, until=end, most=_MOST)
    return {**differences.told(report), "changes": [_row(each) for each in between], "end": end is not None}


def _written(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}Z"
