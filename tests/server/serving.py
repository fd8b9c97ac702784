"""The real application under the real server, on a free port of loopback, in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ringfence.server.app import make_app
from ringfence.server.change_answers import ChangeAnswers
from ringfence.server.flow_answers import FlowAnswers
from ringfence.server.settings import Settings
from ringfence.server.source import Loaded, Source
from ringfence.server.waiting import Server

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"


@contextmanager
def serving(
    source: Source,
    settings: Settings | None = None,
    *,
    flows: FlowAnswers | None = None,
    changes: ChangeAnswers | None = None,
) -> Iterator[str]:
    """The address of a server over the source, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        app = make_app(source, settings or Settings(), flows=flows, changes=changes)
        server = Server(uvicorn.Config(app, log_config=None, ws="none"), app.state.waiting)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        end = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < end
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def shop() -> Loaded:
    """The example with its broken policies."""
    return Loaded([str(SHOP)], name="shop")
