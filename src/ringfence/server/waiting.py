"""Requests that wait until what is served changes: how a page follows it without asking again and again."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import uvicorn

from ringfence.model.errors import QueryError

CLUSTER: Final = "cluster"

MOST: Final = 64
"""Requests that may wait at a time. Each holds a connection, and looks at a few numbers now and then."""

LONGEST: Final = 25.0
"""Seconds after which a request is answered in any case: proxies cut what is silent for a minute."""

_LOOK: Final = 0.05
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The revision that was found. ``retry`` are seconds to stay away, where too many were waiting already."""

    revision: str
    retry: int = 0


class Waiting:
    """Tells revisions of what is served apart, and lets requests wait for the next one."""

    def __init__(self, parts: Mapping[str, Callable[[], str]], *, most: int = MOST) -> None:
        """Each part's text is another after each change of it, and empty for what never changes."""
        self._parts = parts
        self._most = most
        self._start = secrets.token_hex(4)
        self._waiting = 0
        self._ended = False

    def revision(self, parts: Sequence[str] = (CLUSTER,)) -> str:
        """The revision of some parts now; another in each process. Empty for what never changes.

        Raises:
            QueryError: there is no such part.
        """
        for part in parts:
            if part not in self._parts:
                raise QueryError(f"There is no part {part!r} to follow: {', '.join(self._parts)}.")
        texts = [self._parts[part]() for part in parts]
        return f"{self._start}-{'.'.join(texts)}" if any(texts) else ""

    async def changed(self, known: str, seconds: float, parts: Sequence[str] = (CLUSTER,)) -> Waited:
        """The revision of some parts, as soon as it isn't ``known`` any more, or after some seconds.

        Raises:
            QueryError: as :meth:`revision`.
        """
        revision = self.revision(parts)
        if revision != known or not revision or seconds <= 0:
            return Waited(revision)
        if self._waiting >= self._most:
            return Waited(revision, retry=5)
        end = time.monotonic() + min(seconds, LONGEST)
        self._waiting += 1
        try:
            while self.revision(parts) == known and not self._ended and time.monotonic() < end:
                await asyncio.sleep(_LOOK)
        finally:
            self._waiting -= 1
        return Waited(self.revision(parts))

    def end(self) -> None:
        """Answers everybody who waits."""
        self._ended = True


class Server(uvicorn.Server):
    """uvicorn's server, which at its end waits for all requests: those that wait for a change are answered first."""

    def __init__(self, config: uvicorn.Config, waiting: Waiting) -> None:
        super().__init__(config)
        self._waiting = waiting

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends."""
        self._waiting.end()
        await super().shutdown(sockets)
