"""Manifests as the body of a question."""

from __future__ import annotations

from typing import Any, Final

from fastapi import HTTPException, Request

from ringfence.server.problems import MEDIA_TYPE, SCHEMA
from ringfence.server.source import MOST_PROPOSED

_KINDS: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/plain", "application/json")

REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    413: {"description": "The manifests are too long.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}},
    415: {"description": "The body is no manifests.", "content": {MEDIA_TYPE: {"schema": SCHEMA}}},
}
"""What else a question with manifests answers."""

BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "minLength": 1}} for kind in _KINDS[:4]},
    }
}
"""How the description says that manifests are sent."""


async def manifests_of(request: Request) -> bytes:
    """The body.

    Raises:
        HTTPException: it isn't of a kind that manifests are, or too long.
    """
    kind = request.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
    if kind not in _KINDS:
        raise HTTPException(415, f"Send manifests as one of {', '.join(_KINDS)}.")
    text = await request.body()
    if len(text) > MOST_PROPOSED:
        raise HTTPException(413, f"The manifests are longer than {MOST_PROPOSED >> 20} MiB.")
    return text
