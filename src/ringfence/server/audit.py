"""The audit trail: who asked to change what, when and from where; and who came in or was refused.

Each entry is a line of JSON that is on the disk before the change is made. Nothing secret is in it: of manifests it has
the length and the SHA-256, of a refused login that there was one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from starlette.exceptions import HTTPException

from ringfence.model.errors import InputError
from ringfence.server.who import Who, asking

MOST_BYTES: Final = 16 << 20
"""Bytes of a file of the trail; a full one becomes FILE.1, that one FILE.2, and so on."""

KEPT: Final = 4
"""Full files that are kept; the oldest is deleted."""

SHOWN: Final = 1000
"""The latest entries, which the page has."""

_LONGEST: Final = 1000
_TAIL: Final = 1 << 20

Entry = dict[str, Any]


class Audit:
    """The trail. Without a file it holds the latest entries, and ends with the process.

    Raises:
        InputError: the file can't be written.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self._lock = threading.Lock()
        self._latest: deque[Entry] = deque(maxlen=SHOWN)
        self._out = -1
        if path:
            try:
                self._open()
                self._latest.extend(_tail(Path(path)))
            except OSError as error:
                raise InputError(f"--audit {path} can't be written: {error.strerror or error}.") from None

    def note(self, action: str, who: Who | None, peer: str, **about: str | int) -> None:
        """Adds an entry. ``about`` tells what the action was about.

        Raises:
            OSError: it can't be written, and the action must not be done.
        """
        entry: Entry = {
            "time": dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds"),
            "action": action,
            "user": who.user if who is not None else "",
            "role": who.role.value if who is not None else "",
            "way": who.way if who is not None else "",
            "from": peer,
            **({"subject": who.subject} if who is not None and who.subject else {}),
            **about,
        }
        entry = {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in entry.items()}
        line = (json.dumps(entry) + "\n").encode()
        with self._lock:
            if self.path:
                self._write(line)
            self._latest.append(entry)

    def entries(self) -> list[Entry]:
        """The latest entries, newest first."""
        with self._lock:
            return list(reversed(self._latest))

    def close(self) -> None:
        """Leaves the file."""
        with self._lock:
            if self._out >= 0:
                os.close(self._out)
                self._out = -1

    def _open(self) -> None:
        self._out = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _write(self, line: bytes) -> None:
        if self._out < 0:
            self._open()
        elif os.fstat(self._out).st_size + len(line) > MOST_BYTES:
            os.close(self._out)
            self._out = -1
            for number in range(KEPT, 0, -1):
                older = Path(f"{self.path}.{number - 1}" if number > 1 else self.path)
                if older.exists():
                    older.replace(f"{self.path}.{number}")
            self._open()
        # One write at the end of the file: lines of several writers don't mix (POSIX, O_APPEND).
        if os.write(self._out, line) != len(line):
            raise OSError("the disk is full")
        os.fsync(self._out)


def note(request: Request, action: str, who: Who | None = None, **about: str | int) -> None:
    """Adds what a request asks for, before it is done. ``who`` is somebody else than who asks, as one who logs in.

    Raises:
        HTTPException: of status 503, it can't be written.
    """
    audit: Audit = request.app.state.audit
    peer = request.client.host if request.client is not None else ""
    try:
        audit.note(action, who or asking(request), peer, **about)
    except OSError as error:
        reason = error.strerror or str(error)
        raise HTTPException(503, f"The audit trail can't be written, so nothing is done: {reason}.") from None


def note_refusal(request: Request) -> None:
    """Adds that somebody who is known wanted more than they may. It is refused, whether that can be written or not."""
    who = asking(request)
    if who is not None:
        with suppress(HTTPException):
            note(request, "refused", method=request.method, path=request.url.path)


def _tail(path: Path) -> list[Entry]:
    """The entries at the end of a file; what is no entry, as the rest of a cut line, is passed over."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        lines = file.read(_TAIL).splitlines()
    found: list[Entry] = []
    for line in lines[-SHOWN:]:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("time"), str) and isinstance(entry.get("action"), str):
            found.append(entry)
    return found
