"""The audit trail, for those who may change something."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ringfence.server.answers import Answers
from ringfence.server.audit import Audit
from ringfence.server.views import page
from ringfence.server.who import editor

_COLUMNS: Final = frozenset(("time", "action", "user", "role", "way", "from"))
_MOST: Final = 200


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here; the cluster is not concerned."""
    del answers

    @router.get("/audit")
    def audit(request: Request) -> Response:
        editor(request)
        trail: Audit = request.app.state.audit
        entries = [
            (entry, [(name, value) for name, value in entry.items() if name not in _COLUMNS])
            for entry in trail.entries()[:_MOST]
        ]
        return page(request, "audit.html", entries=entries, path=trail.path)
