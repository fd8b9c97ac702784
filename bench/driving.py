"""Requests to a server at fixed times, whether or not it has answered those before.

A client that waits for an answer before it asks again hides how long others would have waited meanwhile (Gil Tene,
"How NOT to Measure Latency", calls it coordinated omission). Here each request has its time beforehand, and its latency
counts from then.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

_Idle = deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]]

_LIMIT = 30.0
"""Seconds after which an answer is given up: it counts as so long."""


@dataclass(slots=True)
class Driven:
    """What came of a run: seconds from the intended time to the whole answer, and how many of each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    late: float = 0.0
    """How late a request was sent at most; more than some milliseconds means that the client itself was too slow."""

    def percentile(self, share: float) -> float:
        """The time within which this share of the requests was answered, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def drive(port: int, paths: Sequence[str], rate: float) -> Driven:
    """Asks for the paths of a server on loopback, ``rate`` a second."""
    return asyncio.run(_drive(port, paths, rate))


async def _drive(port: int, paths: Sequence[str], rate: float) -> Driven:
    driven = Driven()
    idle: _Idle = deque()

    async def ask(path: str, due: float) -> None:
        driven.late = max(driven.late, time.perf_counter() - due)
        try:
            status = await asyncio.wait_for(_ask(port, path, idle), _LIMIT)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            status = 0
        driven.statuses[status] += 1
        driven.seconds.append(time.perf_counter() - due if status else _LIMIT)

    begin = time.perf_counter() + 0.1
    tasks = []
    for number, path in enumerate(paths):
        due = begin + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(ask(path, due)))
    await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return driven


async def _ask(port: int, path: str, idle: _Idle) -> int:
    """One request over a connection that is idle, or a new one; its status. One that the server closed is left."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    while idle:
        streams = idle.pop()
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            return await _answered(request, streams, idle)
    return await _answered(request, await asyncio.open_connection("127.0.0.1", port), idle)


async def _answered(request: bytes, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], idle: _Idle) -> int:
    reader, writer = streams
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    await reader.readexactly(int(fields["content-length"]))
    idle.append(streams)
    return int(head[0].split()[1])
