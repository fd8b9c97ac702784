"""Follows every kind of a running cluster that an answer needs, at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from ringfence.history.keeper import Keeper, Turn
from ringfence.live.connection import Connection, LiveError, connect
from ringfence.live.discovery import Discovered, Resource, discover
from ringfence.live.read import one_by_one
from ringfence.live.target import Target
from ringfence.live.watch import Follower, Told, Trouble
from ringfence.sources.live_items import is_wanted, may_matter

_Wanted = tuple[Resource, str]
"""A kind, and the namespace that it is followed in; empty for all."""

_AT_ONCE = 8
_ENDING = 5.0
_STARTING = 60.0
"""Seconds in which every kind should have been listed once; then what is there is shown."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A running watch. ``context`` and ``server`` say of what; ``keeper`` has the objects."""

    context: str
    server: str
    keeper: Keeper
    _told: threading.Event

    def ready(self, timeout: float = _STARTING) -> bool:
        """Waits until each kind has been listed, or can't be; False where that takes longer."""
        return self._told.wait(timeout)


@contextmanager
def watching(
    target: Target,
    *,
    sink: Callable[[list[Turn]], None] | None = None,
    first_pause: float = 0.2,
) -> Iterator[Watcher]:
    """Follows the cluster until the block ends. ``sink`` is given what changed, from several threads, one at a time.

    Where the target names namespaces, those are followed, and what is of the whole cluster as far as it may be. The
    first list of a kind is no change and isn't given to ``sink``, what a later list finds out is. ``first_pause`` is
    before the first repetition of what failed, in seconds.

    Raises:
        InputError: no cluster is configured, it can't be reached, or it doesn't accept the credentials. Once it is
            followed, no trouble ends it: see :attr:`ringfence.history.keeper.Keeper.trouble`.
    """
    keeper, stop, told = Keeper(), threading.Event(), threading.Event()
    with connect(target, pause=first_pause) as connection:
        discovered = _discovered(connection)
        wanted = [(each, name) for each in discovered.resources for name in _spaces(each, target)]
        keeper.await_lists(wanted, discovered.learnt)
        waiting, lock = set(wanted), threading.Lock()
        begun: set[_Wanted] = set()

        def tell(what: _Wanted, each: Told) -> None:
            refused = isinstance(each, Trouble) and each.refused
            parts = [each]
            if refused and what[0].kind == "Namespace":
                with suppress(LiveError):  # asked again with the next refusal
                    parts.insert(0, one_by_one(connection, target.namespaces))
            with lock:
                for part in parts:
                    turns = keeper.tell(part)
                    if sink is not None and turns and what in begun:
                        sink(turns)
                if refused or not isinstance(each, Trouble):
                    begun.add(what)
                    waiting.discard(what)
                if not waiting:
                    told.set()

        def follow(what: _Wanted) -> None:
            try:
                followers[what].run()
            except RuntimeError:  # left to itself, it asked again when its connection was closed
                if not stop.is_set():
                    raise
                return
            if not stop.is_set():
                keeper.not_served(*what)
            with lock:
                waiting.discard(what)  # it isn't served
                if not waiting:
                    told.set()

        followers = {
            what: Follower(connection, what[0], partial(tell, what), stop, namespace=what[1], first_pause=first_pause)
            for what in wanted
        }
        threads = [threading.Thread(target=follow, args=(each,), daemon=True) for each in wanted]
        for thread in threads:
            thread.start()
        try:
            yield Watcher(connection.name, connection.server, keeper, told)
        finally:
            stop.set()
            _end(list(followers.values()), threads)


def _spaces(resource: Resource, target: Target) -> Sequence[str]:
    """Where a kind is followed: in each of the target's namespaces; in the whole cluster where none is named."""
    return target.namespaces if resource.namespaced and target.namespaces else ("",)


def _end(followers: list[Follower], threads: list[threading.Thread]) -> None:
    """Interrupts what waits, again where it began to wait just after. What still asks is left to end by itself."""
    end = time.monotonic() + _ENDING
    while any(thread.is_alive() for thread in threads) and time.monotonic() < end:
        for follower in followers:
            follower.interrupt()
        for thread in threads:
            thread.join(0.01)


def _discovered(connection: Connection) -> Discovered:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return discover(connection, is_wanted, may_matter, pool)
