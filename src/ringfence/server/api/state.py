"""Which state is served, and when it is another one."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ringfence.render.json_values import document
from ringfence.server.answers import Answers
from ringfence.server.api.described import answer, responses
from ringfence.server.waiting import CLUSTER, LONGEST, Waiting


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/state", responses=responses("ServedState"), response_class=Response)
    async def state(
        request: Request,
        revision: Annotated[str, Query(max_length=100)] = "",
        wait: Annotated[float, Query(ge=0, le=LONGEST)] = 0,
        of: Annotated[str, Query(max_length=100)] = CLUSTER,
    ) -> Response:
        """The revision of what is served. With one that is known, the answer waits up to `wait` seconds for another.

        It is that of the parts `of`, separated by commas: `cluster`, `study` (what is known of the whole cluster, which
        may be complete later), `flows` and `changes`. `revision` is empty for what is read once. `retry` are seconds to
        stay away: too many were waiting.
        """
        waiting: Waiting = request.app.state.waiting
        found = await waiting.changed(revision, wait, of.split(","))
        fields = {"revision": found.revision, "ready": answers.source.ready, "age": round(answers.source.age, 3)}
        if found.retry:
            fields["retry"] = found.retry
        return answer(json.dumps(document("ServedState", **fields)))
