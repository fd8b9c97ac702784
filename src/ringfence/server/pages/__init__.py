"""The pages: the same answers, for reading. Each works without a script."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from ringfence.server.answers import Answers
from ringfence.server.following import before
from ringfence.server.pages import audit, changes, findings, flows, map as map_page, matrix, overview, what_if, why


def make_pages(answers: Answers) -> APIRouter:
    """The routes of all pages."""
    router = APIRouter(include_in_schema=False, dependencies=[Depends(before)])
    for module in (overview, map_page, why, findings, what_if, matrix, flows, changes, audit):
        module.add_routes(router, answers)
    return router
