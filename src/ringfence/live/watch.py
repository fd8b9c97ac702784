"""One kind of a running cluster, listed and then followed.

Source: "Efficient detection of changes" in the Kubernetes documentation. A watch ends for many reasons: the server
ends it after some minutes, the connection is lost, the version to go on from is forgotten (410). The first two go on
from the last version that was seen, the third begins with a new list. What was lost in between is in the list or in
the events after it.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ringfence.live.connection import AbsentError, Connection, GoneError, LiveError, RefusedError, said
from ringfence.live.discovery import Resource
from ringfence.live.listing import Listed, list_all

_SERVER_ENDS_AFTER: Final = 290
"""Seconds that one watch lasts. The server ends it then in good order; proxies often cut what lasts five minutes."""

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 30.0
_REFUSED_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """One event: an object as it is now, or as it was last where it is gone."""

    resource: Resource
    raw: msgspec.Raw
    deleted: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A kind can't be followed at the moment. ``refused`` tells that the user may not; else it is tried again soon.

    ``namespace`` is where, empty for the whole cluster.
    """

    resource: Resource
    message: str
    refused: bool = False
    namespace: str = ""


Told = Listed | Change | Trouble


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw = msgspec.Raw(b"{}")


class _Meta(msgspec.Struct):
    resourceVersion: str = ""  # noqa: N815 -- as the API spells it


class _Object(msgspec.Struct):
    metadata: _Meta = msgspec.field(default_factory=_Meta)
    code: int | None = None


_event = msgspec.json.Decoder(_Event)
_object = msgspec.json.Decoder(_Object)


class Follower:
    """Follows one kind until it is stopped, telling of lists, changes and trouble in the order that they come."""

    def __init__(
        self,
        connection: Connection,
        resource: Resource,
        tell: Callable[[Told], None],
        stop: threading.Event,
        *,
        namespace: str = "",
        first_pause: float = _FIRST_PAUSE,
    ) -> None:
        self._connection = connection
        self.resource = resource
        self._tell = tell
        self._stop = stop
        self._namespace = namespace
        self._first_pause = first_pause
        self._version = ""
        self._failures = 0
        self._socket: Any = None

    def interrupt(self) -> None:
        """Ends the wait for the next event; for after ``stop`` was set."""
        waiting = self._socket
        if waiting is not None:
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Lists and follows; returns when it is stopped, or where the kind isn't served."""
        while not self._stop.is_set():
            try:
                if not self._version:
                    listed = list_all(self._connection, self.resource, self._namespace)
                    self._tell(listed)
                    self._version = listed.version or "0"
                self._follow()
                self._failures = 0
            except AbsentError:
                return
            except GoneError:
                self._version = ""
            except RefusedError as error:
                self._tell(Trouble(self.resource, error.message, refused=True, namespace=self._namespace))
                self._stop.wait(_REFUSED_PAUSE)
            except LiveError as error:
                if self._stop.is_set():
                    return
                self._tell(Trouble(self.resource, str(error), namespace=self._namespace))
                self._pause()

    def _follow(self) -> None:
        for line in self._lines():
            if self._stop.is_set():
                return
            event, found = self._read(line)
            if event.type == "ERROR":
                if found.code == 410:
                    raise GoneError(said(bytes(event.object)))
                raise LiveError(f"{self._connection.whom} ended a watch: {said(bytes(event.object))}.")
            self._failures = 0
            self._version = found.metadata.resourceVersion or self._version
            if event.type in ("ADDED", "MODIFIED", "DELETED"):
                self._tell(Change(self.resource, event.object, event.type == "DELETED"))

    def _lines(self) -> Iterator[bytes]:
        """The lines of one watch. A line that is cut off at its end is none: its event comes again."""
        import httpx2

        parameters: dict[str, str | int] = {
            "watch": "1",
            "resourceVersion": self._version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": _SERVER_ENDS_AFTER,
        }
        timeout = httpx2.Timeout(self._connection.timeout, read=_SERVER_ENDS_AFTER + 30.0)
        path = self.resource.path(self._namespace)
        rest = b""
        try:
            with self._connection.client.stream("GET", path, params=parameters, timeout=timeout) as answer:
                if answer.status_code >= 300:
                    answer.read()
                    self._connection.check(answer)
                stream = answer.extensions.get("network_stream")
                self._socket = stream.get_extra_info("socket") if stream is not None else None
                for part in answer.iter_bytes():
                    *lines, rest = (rest + part).split(b"\n")
                    yield from filter(None, lines)
        except httpx2.TransportError as error:
            raise LiveError(f"{self._connection.whom} can't be watched: {error}.") from None
        finally:
            self._socket = None

    def _read(self, line: bytes) -> tuple[_Event, _Object]:
        try:
            event = _event.decode(line)
            return event, _object.decode(event.object)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise LiveError(f"{self._connection.whom} sent something that is no event of a watch.") from None

    def _pause(self) -> None:
        self._failures += 1
        longest = min(self._first_pause * 2**self._failures, _LONGEST_PAUSE)
        self._stop.wait(longest * (0.5 + random.random() / 2))  # noqa: S311 -- spreads clients, guards nothing
