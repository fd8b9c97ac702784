"""Who may connect to whom, as a table."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ringfence.server.answers import Answers
from ringfence.server.matrix import MOST, matrix
from ringfence.server.views import page


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/matrix")
    def table(request: Request, src: str = "", dst: str = "") -> Response:
        found = matrix(answers.cluster(), answers.connections(), src, dst)
        return page(request, "matrix.html", matrix=found, src=src, dst=dst, most=MOST, query=urlencode)
