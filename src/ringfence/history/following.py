"""A cluster that is always the newest: made from what a keeper has, again when something changed."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ringfence.cluster import Cluster
from ringfence.dialects.memory import Memory
from ringfence.history.keeper import Keeper
from ringfence.live.watch import Trouble
from ringfence.model.codes import KIND_REFUSED
from ringfence.model.finding import Finding
from ringfence.model.names import Names
from ringfence.sources.live_items import snapshot_of
from ringfence.sources.twins import Twins


class Following:
    """Gives the newest :class:`Cluster`. It is made when it is asked for, and only if something changed since.

    It equals a cluster loaded anew from the same objects; what didn't change is shared with the one before.
    """

    def __init__(self, keeper: Keeper, *, cni: str = "auto", staged: bool = False, names: Names | None = None) -> None:
        self._keeper = keeper
        self._cni = cni
        self._staged = staged
        self._names = names
        self._twins = Twins()
        self._lock = threading.Lock()
        self._made: tuple[int, Cluster] | None = None

    def cluster(self) -> Cluster:
        """The cluster as it is now. Several threads may ask; one makes it, the others wait for it."""
        with self._lock:
            version = self._keeper.version
            if self._made is not None and self._made[0] == version:
                return self._made[1]
            snapshot = snapshot_of(self._keeper.items(), _told(self._keeper.trouble), self._twins)
            if self._made is None:
                cluster = Cluster(snapshot, cni=self._cni, names=self._names, staged=self._staged, memory=Memory())
            else:
                cluster = self._made[1].renewed(snapshot)
            self._made = version, cluster
            return cluster


def _told(troubles: Iterable[Trouble]) -> list[Finding]:
    """What can't be followed, as findings. What fails for a moment stays as it was seen last."""
    return [
        Finding(
            KIND_REFUSED,
            f"{each.resource.kind} of {each.resource.api_version} can't be followed: {each.message}.",
            why="Answers know it as it was seen last, or not at all.",
        )
        for each in troubles
    ]
