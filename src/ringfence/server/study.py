"""What is known of a cluster as a whole: worked out behind the requests, each time something changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ringfence.cluster import Cluster
from ringfence.server.behind import Behind
from ringfence.server.studying import Finder, Found

_PAUSE: Final = 30.0
"""Seconds at most between two studies of a cluster without rest: handing it over takes its share of the processor."""


@dataclass(frozen=True, slots=True)
class Studied:
    """What was found in ``cluster``, all of one moment.

    ``age`` is how many seconds ago that was the newest state, 0 if it still is (``newest``); else a newer one is being
    worked out.
    """

    cluster: Cluster
    found: Found
    age: float
    newest: bool


class Study:
    """Always has what was found at a recent moment; parts of an answer that are taken from one are of one moment."""

    def __init__(self, newest: Callable[[], Cluster], finder: Finder | None = None) -> None:
        self._finder = finder or Finder()
        self._behind: Behind[Cluster, Found] = Behind(newest, self._finder.find, pause=_PAUSE)

    def start(self) -> None:
        """Begins before it is asked."""
        self._behind.start()

    def end(self) -> None:
        """Studies nothing more."""
        self._behind.end()
        self._finder.end()

    @property
    def revision(self) -> str:
        """Another text after each study."""
        return str(self._behind.completed)

    def newest(self) -> Studied:
        """The newest that is complete. The first is waited for, and so is what is quick to work out."""
        made = self._behind.newest()
        newest = self._behind.is_newest(made)
        return Studied(made.key, made.value, 0.0 if newest else time.monotonic() - made.began, newest)
