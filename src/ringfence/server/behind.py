"""Work behind the requests: what takes long is made in a thread of its own, and whoever asks gets the newest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")

_LOOK: Final = 0.05
"""Seconds between two looks at whether something changed."""


@dataclass(frozen=True, slots=True)
class Made(Generic[K, T]):
    """What was made of ``key``. ``began`` is when, by the monotonic clock."""

    key: K
    value: T
    began: float


class Behind(Generic[K, T]):
    """Makes a value of the newest ``key()``, again when that is another; changes in quick succession are one.

    Whoever asks gets the newest value that is complete. The first is waited for, and so is one that takes no longer
    than ``patience`` seconds to make, as far as the last one tells. Between two makings there is a pause as long as the
    last one took, at most ``pause`` seconds, so that a cluster without rest leaves the processor to the requests. Where
    ``urgent()`` is another than before there is none, and a quarter of it if there was none before, either.
    """

    def __init__(
        self,
        key: Callable[[], K],
        make: Callable[[K], T],
        *,
        patience: float = 0.1,
        pause: float = 1.0,
        urgent: Callable[[], object] = lambda: None,
    ) -> None:
        self._key = key
        self._make = make
        self._patience = patience
        self._pause = pause
        self._urgent = urgent
        self._hurried = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._ended = False
        self._made: Made[K, T] | None = None
        self._took = 0.0
        self._failure: Exception | None = None
        self._tries = 0
        self._completed = 0

    def start(self) -> None:
        """Begins to make, if it hasn't begun."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ringfence-behind", daemon=True)
                self._thread.start()

    def newest(self) -> Made[K, T]:
        """The newest that is complete; see the class.

        Raises:
            Exception: making it failed.
        """
        key = self._key()
        made = self._made
        if made is not None and made.key == key:
            return made
        self.start()
        with self._changed:
            if self._made is not None and self._took > self._patience:
                return self._made
            # One that has been begun may be of an older key: the one after it is not.
            enough = self._tries + 2
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is(key) or self._tries >= enough or self._ended)
            if self._failure is not None:
                raise self._failure
            if self._made is None:
                raise RuntimeError("ended before anything was made")
            return self._made

    @property
    def made(self) -> Made[K, T] | None:
        """The newest that is complete, without waiting for any."""
        return self._made

    @property
    def completed(self) -> int:
        """How many have been made."""
        return self._completed

    def is_newest(self, made: Made[K, T]) -> bool:
        """False where something changed since."""
        return made.key == self._key()

    def end(self) -> None:
        """Makes nothing more. What is being made is left to end by itself."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _is(self, key: K) -> bool:
        return self._made is not None and self._made.key == key

    def _run(self) -> None:
        while not self._ended:
            urgent, key = self._urgent(), self._key()
            if self._is(key):
                with self._changed:
                    self._changed.wait(_LOOK)
                continue
            began = time.monotonic()
            made, failure = None, None
            try:
                made = Made(key, self._make(key), began)
            except Exception as error:  # noqa: BLE001 -- whoever asks gets it; the thread goes on with the next key
                failure = error
            took = time.monotonic() - began
            with self._changed:
                self._made, self._failure, self._took = made or self._made, failure, took
                self._tries += 1
                self._completed += made is not None
                self._changed.notify_all()
            if failure is not None or took > self._patience:
                self._rest(max(_LOOK, min(took, self._pause)), urgent)

    def _rest(self, seconds: float, urgent: object) -> None:
        now = time.monotonic()
        least, end = now + (seconds / 4 if self._hurried else 0), now + seconds
        with self._changed:
            while not self._ended and now < (end if self._urgent() == urgent else least):
                self._changed.wait(min(_LOOK, end - now))
                now = time.monotonic()
        self._hurried = now < end
