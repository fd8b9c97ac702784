"""Who may talk to whom, as a picture and, with the same content, as tables."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from ringfence.model.errors import RingfenceError
from ringfence.render.lines import ports
from ringfence.server.answers import LONGEST, Answers
from ringfence.server.map_asked import NOTHING, wanted_of
from ringfence.server.map_panel import edge_panel, node_panel
from ringfence.server.map_table import table
from ringfence.server.maps import Drawn, Maps
from ringfence.server.views import page

_MOST_LABELS: Final = 400
"""Labels with their values to choose from."""

_Text = Annotated[str, Query(max_length=LONGEST)]
_Names = Annotated[list[str], Query(max_length=600)]


def add_routes(router: APIRouter, answers: Answers) -> None:
    """Adds what is asked here."""
    maps = Maps(answers)

    @router.get("/map")
    def whole(
        request: Request,
        unfold: _Names = [],  # noqa: B006 -- FastAPI copies it
        namespace: _Names = [],  # noqa: B006
        label: _Text = "",
        port: _Text = "",
        external: bool = False,
        denied: bool = False,
    ) -> Response:
        chosen = {"namespace": [*filter(None, namespace)], "label": label, "port": port}
        asked = {**chosen, **({"external": "true"} if external else {}), **({"denied": "true"} if denied else {})}
        drawn, trouble = None, ""
        try:
            wanted = wanted_of(
                unfold=unfold, namespace=namespace, label=label, port=port, external=external, denied=denied
            )
            drawn = maps.draw(wanted)
        except RingfenceError as error:
            trouble = str(error)
        return page(
            request,
            "map.html",
            400 if trouble else 200,
            trouble=trouble,
            table=drawn and table(drawn, asked),
            chosen=chosen,
            external=external,
            denied=denied,
            recorded=answers.flows is not None,
            namespaces=maps.spaces() if not trouble else [],
            labels=_labels(maps.labels()),
            unfold=[*filter(None, unfold)] or _unfolded(drawn) or [NOTHING],
            query=urlencode,
        )

    @router.get("/map/node")
    def node(request: Request, name: _Text) -> Response:
        return _panel(request, "map_node.html", node=node_panel(maps, name), query=urlencode)

    @router.get("/map/edge")
    def edge(request: Request, source: _Text, target: _Text) -> Response:
        return _panel(request, "map_edge.html", edge=edge_panel(maps, source, target), query=urlencode, texts=ports)


def _unfolded(drawn: Drawn | None) -> list[str]:
    """The namespaces that are unfolded."""
    return [unit.name for unit in drawn.view.units if unit.unfolded] if drawn is not None else []


def _panel(request: Request, template: str, **values: Any) -> Response:
    """A part of the page where htmx asks for it, else a page of its own."""
    frame = "map_bare.html" if "hx-request" in request.headers else "base.html"
    return page(request, template, frame=frame, **values)


def _labels(labels: dict[str, tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    """The labels to choose from, those of owners first."""
    shown: list[tuple[str, tuple[str, ...]]] = []
    number = 0
    for key, values in labels.items():
        number += len(values)
        if number > _MOST_LABELS:
            break
        if len(values) > 1 or not shown:
            shown.append((key, values))
    return shown
