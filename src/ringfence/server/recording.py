"""Records what changes in a cluster that is followed, as ``ringfence history watch`` does."""

from __future__ import annotations

import datetime as dt
import logging
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ringfence.history.journal import Journal
from ringfence.history.keeper import Keeper, Turn
from ringfence.history.recording import baseline, revisions_of
from ringfence.history.revision import Revision
from ringfence.live.discovery import Resource

_LOG: Final = logging.getLogger("ringfence.server")
_AGAIN: Final = 5.0
"""Seconds after which the database is tried again, where it could not be written to."""
_LOOK: Final = 0.2


class Recording:
    """Takes what a watch tells, and writes it beside it. What can't be written is tried again, in order."""

    def __init__(self, journal: Journal, cluster: str = "") -> None:
        self._journal = journal
        self._cluster = cluster
        self._told: queue.SimpleQueue[list[Revision]] = queue.SimpleQueue()
        self._stop = threading.Event()

    def told(self, turns: list[Turn]) -> None:
        """What changed in the cluster; of which policies and namespaces are kept."""
        revisions = list(revisions_of(turns, dt.datetime.now(tz=dt.UTC)))
        if revisions:
            self._told.put(revisions)

    @contextmanager
    def following(self, keeper: Keeper, name: str) -> Iterator[None]:
        """Records until the block ends, first what was changed since the history ended. ``name`` is the cluster's."""
        cluster = self._cluster or name
        awaited = keeper.awaited
        self._journal.record(baseline(keeper, self._journal, cluster, dt.datetime.now(tz=dt.UTC)), cluster)
        thread = threading.Thread(target=self._run, args=(cluster, keeper, awaited), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join(_AGAIN)

    def _run(self, cluster: str, keeper: Keeper, awaited: frozenset[tuple[Resource, str]]) -> None:
        waiting: list[Revision] = []
        while not self._stop.is_set() or waiting:
            try:
                waiting += self._told.get(timeout=_LOOK)
            except queue.Empty:
                if not waiting and keeper.awaited == awaited:
                    continue
            try:
                listed = keeper.awaited
                if listed != awaited:  # the first list of a kind came late, and is no change
                    waiting += baseline(keeper, self._journal, cluster, dt.datetime.now(tz=dt.UTC))
                    awaited = listed
                self._journal.record(waiting, cluster)
                waiting = []
            except Exception:  # noqa: BLE001 -- whatever the database has, what changed is kept until it takes it
                _LOG.exception("history can't be written")
                if self._stop.wait(_AGAIN):
                    return
