"""Reads flows from Hubble Relay, or from the Hubble server of one node.

The API is https://github.com/cilium/cilium/blob/main/api/v1/observer/observer.proto; its messages are read as the lines
that ``hubble observe -o jsonpb`` prints of them.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ringfence.flowlogs.hubble import HubbleReader
from ringfence.flowlogs.reduction import Reduction
from ringfence.flowlogs.relay_channel import Answer, Client, Server, connected, why
from ringfence.model.errors import InputError
from ringfence.model.flow import Loss, LossKind
from ringfence.model.origin import Position

BATCH = 10_000
"""Messages of one batch; while following, a batch is given at least every ``every`` seconds."""

Message = bytes | Exception | None  # None: the stream has ended

_LONGEST_PAUSE = 30.0
_TICK = 0.2


@dataclass(frozen=True, slots=True)
class Question:
    """Which flows are asked for. Times are seconds since 1970.

    ``number`` asks for the latest so many; without it and ``since`` the server gives all that its nodes still have.
    ``allow`` and ``deny`` are filters in the JSON form of ``flow.FlowFilter``: a flow must match one of the former, if
    there are any, and none of the latter.
    """

    since: float | None = None
    until: float | None = None
    number: int | None = None
    follow: bool = False
    allow: Sequence[Mapping[str, Any]] = ()
    deny: Sequence[Mapping[str, Any]] = ()

    def request(self, since: float | None) -> Answer:
        """``GetFlowsRequest``, from a moment on."""
        asked: dict[str, Any] = {"follow": self.follow}
        if since is not None:
            asked["since"] = _stamp(since)
        elif self.number is not None:
            asked["number"] = self.number
        else:
            asked["since"] = _stamp(0.0)  # a request without any bound gets nothing of the past
        if self.until is not None:
            asked["until"] = _stamp(self.until)
        return asked | {"whitelist": list(self.allow), "blacklist": list(self.deny)}


def _stamp(since: float) -> str:
    return datetime.fromtimestamp(since, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def observe(
    server: Server,
    question: Question,
    *,
    every: float = 5.0,
    pause: float = 1.0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Reduction]:
    """The flows that a server has, in batches. Losses have the server's address as their place.

    When the stream breaks, that is a loss; if ``question`` says to follow, the server is asked again after ``pause``
    seconds, then twice as many, up to half a minute, for what is later than the last flow. ``stop`` ends it.

    Raises:
        InputError: gRPC isn't installed, or the server can't be reached in the first place.
        QueryError: the address or a filter isn't well formed.
    """
    where = Position(f"relay:{server.address}")
    with connected(server) as client:
        first = Reduction()
        _status(client.status(), question, where, first)
        yield first
        since, wait = question.since, pause
        while True:
            broken = ""
            for batch in _stream(client, question.request(since), where, every, stop):
                if isinstance(batch, str):
                    broken = batch
                    break
                yield batch
                if batch.last is not None:
                    since, wait = batch.last + 1e-6, pause
            if stop():
                return
            if not broken and not question.follow:
                return
            lost = Reduction()
            detail = "The stream of Hubble Relay broke: what its nodes no longer had then is missing."
            lost.lose(Loss(LossKind.NO_DATA, detail, None, where=where, first=since, last=time.time()))
            yield lost
            if not question.follow:
                return
            _sleep(wait, stop)
            wait = min(2 * wait, _LONGEST_PAUSE)


def _sleep(seconds: float, stop: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not stop() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _TICK))


def _status(status: Answer, question: Question, where: Position, into: Reduction) -> None:
    """What the server knows to be missing before it is asked for flows."""
    nodes = [name.rpartition("/")[2] for name in status.get("unavailable_nodes", ())]
    unknown = int(status.get("num_unavailable_nodes", 0)) - len(nodes)
    detail = "Hubble Relay can't reach a node, whose flows are missing."
    for node in nodes:
        into.lose(Loss(LossKind.NODE_UNAVAILABLE, detail, 1, node, where))
    if unknown > 0:
        into.lose(Loss(LossKind.NODE_UNAVAILABLE, detail, unknown, where=where))
    gone = int(status.get("seen_flows", 0)) - int(status.get("num_flows", 0))
    if gone > 0 and question.number is None:
        detail = "Hubble keeps the latest flows of each node only; earlier ones are gone."
        into.lose(Loss(LossKind.NO_DATA, detail, gone, where=where))


def _stream(
    client: Client, request: Answer, where: Position, every: float, stop: Callable[[], bool]
) -> Iterator[Reduction | str]:
    """Batches of one stream; then the reason if it broke."""
    lines, cancel = client.flows(request)
    messages: queue.Queue[Message] = queue.Queue(BATCH)
    ended = threading.Event()

    def receive() -> None:
        result: Exception | None = None
        try:
            for line in lines:
                if not _put(messages, line, ended):
                    return
        except Exception as error:  # noqa: BLE001 - handed to the thread that reads the queue
            result = error
        _put(messages, result, ended)

    thread = threading.Thread(target=receive, name="hubble-relay", daemon=True)
    thread.start()
    reader, into, since = HubbleReader(), Reduction(), time.monotonic()
    try:
        while not stop():
            try:
                message = messages.get(timeout=_TICK)
            except queue.Empty:
                message = b""
            if message:
                if isinstance(message, Exception):
                    yield from _given(into)
                    yield _reason(message)
                    return
                into.lines += 1
                reader.line(message, where, into)
            elif message is None:
                break
            if into.lines >= BATCH or (into.lines and time.monotonic() - since >= every):
                yield from _given(into)
                into, since = Reduction(), time.monotonic()
        yield from _given(into)
    finally:
        ended.set()
        cancel()
        thread.join()


def _put(messages: queue.Queue[Message], item: Message, ended: threading.Event) -> bool:
    """Hands a message over; False if nobody takes any more."""
    while not ended.is_set():
        try:
            messages.put(item, timeout=_TICK)
        except queue.Full:
            continue
        return True
    return False


def _given(into: Reduction) -> Iterator[Reduction]:
    if into.lines:
        yield into


def _reason(error: Exception) -> str:
    import grpc

    if not isinstance(error, grpc.RpcError):
        raise error
    code = error.code()
    if code in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT):
        raise InputError(f"Hubble Relay refuses: {why(error)}.")
    return why(error)
