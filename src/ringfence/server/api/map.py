"""The map: what is drawn of the cluster, and one line of it."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from ringfence.server.answers import LONGEST, Answers
from ringfence.server.api.described import answer, responses
from ringfence.server.map_asked import wanted_of
from ringfence.server.map_json import edge_report, map_report
from ringfence.server.maps import Maps

_Names = Annotated[list[str], Query(max_length=600)]
_End = Annotated[str, Query(min_length=1, max_length=LONGEST)]


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""
    maps = Maps(answers)

    @router.get("/map", responses=responses("MapReport"), response_class=Response)
    def drawn(
        unfold: _Names = [],  # noqa: B006 -- FastAPI copies it
        namespace: _Names = [],  # noqa: B006
        label: Annotated[str, Query(max_length=LONGEST, description="Of namespaces or pods: team=payments.")] = "",
        port: Annotated[str, Query(max_length=200, description="443 or 53/UDP; several by commas.")] = "",
        external: bool = False,
        denied: bool = False,
    ) -> Response:
        """Namespaces, or the workloads of those in `unfold`, and what may connect between them, summed up.

        Without `unfold` the workloads of a small cluster are shown, and else none, which `-` asks for.
        """
        wanted = wanted_of(
            unfold=unfold,
            namespace=namespace,
            label=label,
            port=port,
            external=external,
            denied=denied,
        )
        return answer(json.dumps(map_report(maps.draw(wanted)), ensure_ascii=False, separators=(",", ":")))

    @router.get("/map/edge", responses=responses("EdgeReport"), response_class=Response)
    def looked(source: _End, target: _End) -> Response:
        """What one line of the map sums up; of a single pair of workloads the rules that decide each port."""
        return answer(json.dumps(edge_report(maps.look(source, target)), ensure_ascii=False))
