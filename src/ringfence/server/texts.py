"""Answers that are text already, for those who ask the same again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from ringfence.model.objects import Snapshot

Question = tuple[str, str, str, bool]
"""Source, destination and port as they were written, and whether fixes are asked for."""

_MOST: Final = 16 << 20
"""Characters that are kept; of the questions, those that were asked last."""
_MOST_OF_ONE: Final = 1 << 20


class Texts:
    """Keeps answers about one state of a cluster until there is another. Several threads may ask."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._of: Snapshot | None = None
        self._texts: OrderedDict[Question, str] = OrderedDict()
        self._size = 0

    def get(self, snapshot: Snapshot, question: Question) -> str | None:
        """The answer about this very state, if it is known."""
        with self._lock:
            if self._of is not snapshot or question not in self._texts:
                return None
            self._texts.move_to_end(question)
            return self._texts[question]

    def put(self, snapshot: Snapshot, question: Question, text: str) -> None:
        """Keeps an answer."""
        if len(text) > min(self._most, _MOST_OF_ONE):
            return
        with self._lock:
            if self._of is not snapshot:
                self._of, self._size = snapshot, 0
                self._texts.clear()
            self._size += len(text) - len(self._texts.pop(question, ""))
            self._texts[question] = text
            while self._size > self._most:
                _, old = self._texts.popitem(last=False)
                self._size -= len(old)
