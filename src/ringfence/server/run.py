"""The server process: listens, serves until it is told to stop, and writes a line of JSON for each request."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from ringfence.model.errors import InputError, RingfenceError
from ringfence.server.answers import Answers
from ringfence.server.app import make_app
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.maps import prepare
from ringfence.server.noting import LOG, JsonLines
from ringfence.server.served import Recorded
from ringfence.server.settings import Settings
from ringfence.server.source import Source
from ringfence.server.waiting import Server

_SWITCH: Final = 0.001
"""Seconds after which a thread that works hands the interpreter on: what is worked out behind delays no answer more."""
_COLLECTED: Final = (20_000, 10, 500)
"""When garbage is searched for. A search through all that is known of 10,000 pods stops every answer for 0.1 s, and
finds next to nothing: states of a cluster have no cycles, so they go when nothing needs them."""


def serve(
    source: Source,
    settings: Settings,
    bind: str,
    port: int,
    ready: Callable[[str], None],
    *,
    flows: FlowAnswers | None = None,
    changes: ChangeAnswers | None = None,
    later: Callable[[], Recorded] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. ``ready`` is told the address once it is listened on; port 0 is any free one.

    ``later`` makes flows and changes that take their time; they are served once they are there.

    Raises:
        QueryError: see :meth:`ringfence.server.settings.Settings.check_bind`.
        InputError: the address can't be listened on.
    """
    settings.check_bind(bind)
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        listening = socket.create_server((bind, port), family=family)
    except OSError as error:
        raise InputError(f"{bind}:{port} can't be listened on: {error.strerror or error}.") from None
    with listening:
        # asyncio does so only for sockets of a stated protocol; a body would wait 40 ms for an acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _log()
        app = make_app(source, settings, flows=flows, changes=changes)
        warm(app.state.answers)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            proxy_headers=False,
            server_header=False,
        )
        shown = f"[{bind}]" if ":" in bind else bind
        ready(f"http://{shown}:{listening.getsockname()[1]}")
        if later is not None:
            threading.Thread(target=add_later, args=(app.state.answers, later), daemon=True).start()
        with _ended_by_signals():
            try:
                Server(config, app.state.waiting).run(sockets=[listening])
            finally:
                app.state.answers.study.end()


def add_later(answers: Answers, later: Callable[[], Recorded]) -> None:
    """Makes flows and changes, and has them answered; without the extras for them, the pages say what is missing."""
    answers.preparing = True
    try:
        answers.flows, answers.changes = later()
    except RingfenceError as error:
        LOG.warning("the demo has no flows: %s", error)
    finally:
        answers.preparing = False


def warm(answers: Answers) -> None:
    """Makes the engine before the first question, spares it from collections of garbage, begins map and study."""
    sys.setswitchinterval(_SWITCH)
    answers.warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
    prepare(answers)
    answers.study.start()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Being told to stop is how a server ends well: uvicorn, once stopped, raises the signal again."""
    known = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in known.items():
            signal.signal(each, handler)


def _log() -> None:
    """Everything that is logged goes to stderr as JSON, the server's own messages too, as far as they are trouble."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for log, level in ((LOG, logging.INFO), (logging.getLogger("uvicorn"), logging.WARNING)):
        log.handlers = [handler]
        log.propagate = False
        log.setLevel(level)
