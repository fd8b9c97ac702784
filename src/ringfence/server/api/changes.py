"""Changes of policies: what is recorded of them, and any two moments compared."""

from __future__ import annotations

import io
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response

from ringfence.model.errors import QueryError
from ringfence.render import diff_json, history
from ringfence.server.answers import Answers
from ringfence.server.api.described import ABSENT, AWAY, answer, responses
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_choice import moment_of

_Time = Annotated[str, Query(max_length=64, description="2026-11-23T08:00:00Z, 2026-11-23, or seconds since 1970.")]

NOT_SERVED: Final = "No history is served: ringfence serve --history URL."


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    def served() -> ChangeAnswers:
        if answers.changes is None:
            raise HTTPException(404, NOT_SERVED)
        return answers.changes

    @router.get("/changes", responses=responses("HistoryReport") | ABSENT | AWAY, response_class=Response)
    def changes(
        namespace: Annotated[str, Query(max_length=253)] = "",
        since: _Time = "",
        until: _Time = "",
        limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    ) -> Response:
        """What changed, the latest first, as `ringfence history list` says it."""
        times = (moment_of(since) if since else None, moment_of(until) if until else None)
        found = served().changes(namespace=namespace, since=times[0], until=times[1], most=limit)
        return answer(history.document(found))

    @router.get("/changes/compare", responses=responses("DiffReport") | ABSENT | AWAY, response_class=Response)
    def compare(since: Annotated[str, Query(min_length=1, max_length=64)], until: _Time = "") -> Response:
        """Which connections two moments differ in, over the pods of today; without `until`, a moment and now."""
        begin, end = moment_of(since), moment_of(until) if until else None
        if end is not None and end <= begin:
            raise QueryError("The second moment must be after the first.")
        report, after = served().compare(begin, end)
        out = io.StringIO()
        diff_json.write(report, after.findings, out)
        return answer(out.getvalue())
