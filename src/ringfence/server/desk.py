"""Questions to one engine. An engine remembers what it works out, so it is asked one question at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from ringfence.cluster import Cluster
from ringfence.explain.candidates import candidates

T = TypeVar("T")


def warmed(cluster: Cluster) -> Cluster:
    """The cluster, with what its first questions would wait for."""
    candidates(cluster.engine)
    _ = cluster.endpoints, cluster.world
    return cluster


class Desk:
    """Asks the newest cluster; what is asked again is kept until that is another.

    With ``apart`` it asks an engine of its own, so that two desks never wait for one another.
    """

    def __init__(self, newest: Callable[[], Cluster], *, apart: bool = False) -> None:
        self._newest = newest
        self._apart = apart
        self._lock = threading.RLock()
        self._of: Cluster | None = None
        self._asked: Cluster | None = None
        self._kept: dict[str, Any] = {}

    def ask(self, question: Callable[[Cluster], T]) -> T:
        """The answer, which isn't kept."""
        with self._lock:
            return question(self._cluster())

    def kept(self, name: str, make: Callable[[Cluster], T]) -> T:
        """What was made of this cluster before, or is made now."""
        with self._lock:
            cluster = self._cluster()
            if name not in self._kept:
                self._kept[name] = make(cluster)
            return cast("T", self._kept[name])

    def _cluster(self) -> Cluster:
        newest = self._newest()
        if self._asked is None or self._of is not newest:
            self._of, self._asked, self._kept = newest, newest.apart() if self._apart else newest, {}
        return self._asked
