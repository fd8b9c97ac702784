"""What takes a while to ask for, as a number in a database, for those who look at it many times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_PAUSE: Final = 2.0


class Glance:
    """A text that is asked for again beside those who look, at most once in ``pause`` seconds, and only if they do.

    The first is asked for at once. Where asking fails, what was known before stays.
    """

    def __init__(self, ask: Callable[[], str], *, pause: float = _PAUSE) -> None:
        self._ask = ask
        self._pause = pause
        self._asking = threading.Lock()
        self._text = ask()
        self._next = time.monotonic() + pause

    def look(self) -> str:
        """What is known, without waiting."""
        if time.monotonic() >= self._next and self._asking.acquire(blocking=False):
            self._next = time.monotonic() + self._pause
            try:
                threading.Thread(target=self._again, name="ringfence-glance", daemon=True).start()
            except RuntimeError:  # no thread can be started now
                self._asking.release()
        return self._text

    def renew(self) -> None:
        """Asks now, and waits.

        Raises:
            Exception: asking failed.
        """
        self._text = self._ask()

    def _again(self) -> None:
        with suppress(Exception):  # whoever needs the answer itself asks for it, and is told
            self._text = self._ask()
        self._next = time.monotonic() + self._pause
        self._asking.release()
