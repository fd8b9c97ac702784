"""Requests that wait until what is served changes: how a page follows a cluster without asking again and again."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import uvicorn

MOST: Final = 64
"""Requests that may wait at a time. Each holds a connection, and looks at one number now and then."""

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

    def __init__(self, number: Callable[[], str], *, most: int = MOST) -> None:
        """``number`` is another after each change, and empty for what never changes."""
        self._number = number
        self._most = most
        self._start = secrets.token_hex(4)
        self._waiting = 0
        self._ended = False

    def revision(self) -> str:
        """The revision now; another in each process. Empty for what never changes."""
        number = self._number()
        return f"{self._start}-{number}" if number else ""

    async def changed(self, known: str, seconds: float) -> Waited:
        """The revision, as soon as it isn't ``known`` any more, or after some seconds."""
        revision = self.revision()
        if revision != known or not revision or seconds <= 0:
            return Waited(revision)
        if self._waiting >= self._most:
            return Waited(revision, retry=5)
        end = time.monotonic() + min(seconds, LONGEST)
        self._waiting += 1
        try:
            while self.revision() == known and not self._ended and time.monotonic() < end:
                await asyncio.sleep(_LOOK)
        finally:
            self._waiting -= 1
        return Waited(self.revision())

    def end(self) -> None:
        """Answers everybody who waits."""
        self._ended = True


class Server(uvicorn.Server):
    """uvicorn's server, which at its end waits for all requests: those that wait for a change are answered first."""

    def __init__(self, config: uvicorn.Config, waiting: Waiting) -> None:
        super().__init__(config)
        self._waiting = waiting

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]  # its own is wider
        """Ends."""
        self._waiting.end()
        await super().shutdown(sockets)  # type: ignore[arg-type]
