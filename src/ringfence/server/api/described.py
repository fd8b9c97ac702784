"""What every question of the API answers with, and how its description says so."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import Response

from ringfence.server.problems import MEDIA_TYPE, SCHEMA

FORBIDDEN: Final[dict[int | str, dict[str, Any]]] = {
    403: {"description": "That takes the role of an editor.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
}
"""What else a question answers that is for editors alone."""


ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"description": "It isn't served.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
}
"""What else a question answers about what is recorded: not every server has it."""

AWAY: Final[dict[int | str, dict[str, Any]]] = {
    503: {"description": "Its database doesn't answer.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
}
"""What else a question about the history answers."""


def responses(kind: str) -> dict[int | str, dict[str, Any]]:
    """What a question answers: a document of this kind, or a problem."""
    schema = {
        "type": "object",
        "required": ["apiVersion", "kind"],
        "properties": {"apiVersion": {"const": "ringfence.dev/v1"}, "kind": {"const": kind}},
    }
    found: dict[int | str, dict[str, Any]] = {
        200: {"description": f"A {kind}.", "content": {"application/json": {"schema": schema}}}
    }
    for status, text in ((400, "The question can't be asked so."), (401, "It isn't known who asks.")):
        found[status] = {"description": text, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
    return found


def answer(text: str) -> Response:
    """A document that is JSON already."""
    return Response(text, media_type="application/json")
