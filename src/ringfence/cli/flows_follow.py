"""``ringfence flows ingest --follow``: goes on reading logs into a store until it is told to end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ringfence.cli import flows_keep

if TYPE_CHECKING:
    from types import FrameType

    from ringfence.flows.store import Store


def follow(
    paths: tuple[str, ...], store: str, engine: str, *, cluster: str, log_format: str, keep: float | None
) -> None:
    """Reads what is added to logs, until an interrupt (Ctrl-C) or SIGTERM; what was read by then is stored."""
    from ringfence.flows.following import Following
    from ringfence.flows.store import opened
    from ringfence.render import flows_ingest as rendering

    kept = time.monotonic()

    @contextmanager
    def ready() -> Iterator[Store]:
        nonlocal kept
        with opened(store, engine=engine, write=True) as flows:
            yield flows
            if keep is not None and time.monotonic() - kept > flows_keep.PAUSE:
                flows_keep.prune(flows, keep)
                kept = time.monotonic()

    with _stopped() as stop:
        for found in Following(ready, paths, cluster=cluster, log_format=log_format, stop=stop).run():
            for line in rendering.read([found], []):
                click.echo(line)


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """An event that is set by an interrupt or SIGTERM, where this is the main thread; a second one ends at once."""
    stop = threading.Event()
    before: dict[signal.Signals, object] = {}

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is threading.main_thread():
        before = {each: signal.signal(each, ask) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        stop.set()
        for each, handler in before.items():
            signal.signal(each, handler)  # type: ignore[arg-type]  # it is what signal.signal gave
