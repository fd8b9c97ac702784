"""Who may connect to whom, as one compact matrix."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ringfence.server.answers import Answers
from ringfence.server.api.described import answer, responses
from ringfence.server.map_pairs import pairs_of
from ringfence.server.matrix_sheet import by_namespace, by_workload, report

_Namespaces = Annotated[list[str], Query(max_length=600)]


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""

    @router.get("/matrix", responses=responses("MatrixReport"), response_class=Response)
    def matrix(
        by: Annotated[Literal["namespace", "workload"], Query()] = "namespace",
        src: _Namespaces = [],  # noqa: B006 -- FastAPI copies it
        dst: _Namespaces = [],  # noqa: B006
    ) -> Response:
        """Counts of pairs by namespace, or the ports by workload, of sources in `src` and destinations in `dst`.

        `cells` are numbers row by row, in base64; by workload each is the place of a class, 0 for no connection.
        """
        pairs = answers.made("map pairs", pairs_of)
        sheet = by_namespace(pairs) if by == "namespace" else by_workload(pairs, src, dst)
        return answer(json.dumps(report(sheet), ensure_ascii=False, separators=(",", ":")))
