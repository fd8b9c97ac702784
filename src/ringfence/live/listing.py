"""Every object of a kind, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from ringfence.live.connection import Connection, GoneError, LiveError
from ringfence.live.discovery import Resource

PAGE: Final = 500
"""Objects a request, as kubectl asks for."""

_RESTARTS: Final = 3


class _Meta(msgspec.Struct):
    more: str | None = msgspec.field(default=None, name="continue")
    resourceVersion: str | None = None  # noqa: N815


class _List(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    items: list[msgspec.Raw] | None = None


_list = msgspec.json.Decoder(_List)


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a kind as texts, and the version of the list, from which a watch goes on.

    ``namespace`` is the one that the list is of, empty for all.
    """

    resource: Resource
    items: tuple[msgspec.Raw, ...]
    version: str
    namespace: str = ""


def list_all(connection: Connection, resource: Resource, namespace: str = "", *, page: int = PAGE) -> Listed:
    """All objects of a kind, in one namespace or in all.

    The pages of one list are of one moment, which the API server keeps for some minutes. Where it has forgotten it in
    between (410), the list is begun again; where that happens over and over, it is asked for in one piece. Source:
    "Retrieving large results sets in chunks" in the Kubernetes documentation.

    Raises:
        RefusedError, AbsentError: the server says so.
        LiveError: it can't be reached, or its answer is no list.
    """
    for _ in range(_RESTARTS):
        try:
            return _paged(connection, resource, namespace, page)
        except GoneError:
            continue
    return _paged(connection, resource, namespace, 0)


def _paged(connection: Connection, resource: Resource, namespace: str, page: int) -> Listed:
    path = resource.path(namespace)
    items: list[msgspec.Raw] = []
    more: str | None = None
    seen: set[str] = set()
    while True:
        parameters: dict[str, str | int] = {"limit": page} if page else {}
        if more:
            parameters["continue"] = more
        content = connection.get(path, parameters)
        try:
            answer = _list.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LiveError(f"{connection.whom} answered {path} with something that is no list.") from None
        items += answer.items or ()
        more = answer.metadata.more
        if not more:
            return Listed(resource, tuple(items), answer.metadata.resourceVersion or "", namespace)
        if more in seen:
            raise LiveError(f"{connection.whom} answers {path} with the same page again and again.")
        seen.add(more)
