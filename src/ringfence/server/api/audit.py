"""The audit trail, for programs of those who may change something."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ringfence.render.json_values import document
from ringfence.server.answers import Answers
from ringfence.server.api.described import FORBIDDEN, answer, responses
from ringfence.server.audit import SHOWN, Audit
from ringfence.server.who import editor


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here; the cluster is not concerned."""
    del answers

    @router.get("/audit", responses=responses("AuditTrail") | FORBIDDEN, response_class=Response)
    def audit(request: Request, limit: Annotated[int, Query(ge=1, le=SHOWN)] = SHOWN) -> Response:
        """Who asked to change what, newest first; and who came in or was refused. For editors."""
        editor(request)
        trail: Audit = request.app.state.audit
        return answer(json.dumps(document("AuditTrail", entries=trail.entries()[:limit]), ensure_ascii=False))
