"""``/api/v1``: the documents of the command line over HTTP. No text of a request names a file here."""

from __future__ import annotations

from fastapi import APIRouter

from ringfence.server.answers import Answers
from ringfence.server.api import audit, changes, flows, map as map_api, matrix, questions, state, tests


def make_api(answers: Answers) -> APIRouter:
    """The routes of the API."""
    router = APIRouter(prefix="/api/v1")
    questions.add_routes(router, answers)
    state.add_routes(router, answers)
    map_api.add_routes(router, answers)
    matrix.add_routes(router, answers)
    flows.add_routes(router, answers)
    changes.add_routes(router, answers)
    audit.add_routes(router, answers)
    tests.add_routes(router, answers)
    return router
