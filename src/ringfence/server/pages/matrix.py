"""Who may connect to whom: a table of namespaces or of two of them, and the whole on a sheet that a script draws."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ringfence.server.answers import Answers
from ringfence.server.map_pairs import pairs_of
from ringfence.server.matrix import MOST, matrix
from ringfence.server.views import page


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/matrix")
    def table(
        request: Request, src: str = "", dst: str = "", view: Annotated[Literal["table", "sheet"], Query()] = "table"
    ) -> Response:
        pairs, namespaces = answers.made("map pairs", pairs_of), answers.cluster().snapshot.namespaces
        found = matrix(pairs, namespaces, src, dst)
        return page(request, "matrix.html", matrix=found, src=src, dst=dst, view=view, most=MOST, query=urlencode)
