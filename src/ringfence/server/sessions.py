"""What the server gives browsers to keep: signed, for a purpose, and for a time."""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any, Final

import jwt

from ringfence.server.who import Role, Who

COOKIE: Final = "ringfence_session"
LASTS: Final = 12 * 3600
"""Seconds for which a login is good."""

_ALGORITHM: Final = "HS256"
_PURPOSE: Final = "session"


class Signed:
    """Signs fields, and reads them back. The key is made anew with each process, and so ends with it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, purpose: str, seconds: int, fields: dict[str, Any]) -> str:
        """The fields as a text that :meth:`read` takes for ``purpose`` alone, and for so long."""
        return jwt.encode({**fields, "aud": purpose, "exp": int(time.time()) + seconds}, self._key, _ALGORITHM)

    def read(self, purpose: str, text: str) -> dict[str, Any] | None:
        """The fields; None for what wasn't signed here, for another purpose, or has ended."""
        try:
            return jwt.decode(
                text,
                self._key,
                algorithms=[_ALGORITHM],
                audience=purpose,
                options={"require": ["exp", "aud"], "strict_aud": True},
            )
        except (jwt.InvalidTokenError, ValueError):
            return None


class Sessions:
    """Logins: each a cookie that tells who it is, until it ends or its owner logs out."""

    def __init__(self, signed: Signed) -> None:
        self._signed = signed
        self._lock = threading.Lock()
        self._ended: dict[str, float] = {}

    def begin(self, who: Who) -> str:
        """The cookie's value."""
        fields = {"user": who.user, "role": who.role.value, "way": who.way, "sub": who.subject}
        return self._signed.sign(_PURPOSE, LASTS, {**fields, "jti": secrets.token_urlsafe(16)})

    def who(self, value: str) -> Who | None:
        """Whose cookie this is; None if it counts for nothing."""
        fields = self._signed.read(_PURPOSE, value) if value else None
        if fields is None or fields["jti"] in self._ended:
            return None
        return Who(fields["user"], Role(fields["role"]), fields["way"], fields["sub"])

    def end(self, value: str) -> None:
        """The cookie counts for nothing from now on, wherever a copy of it is."""
        fields = self._signed.read(_PURPOSE, value)
        if fields is None:
            return
        now = time.time()
        with self._lock:
            self._ended = {name: until for name, until in self._ended.items() if until > now}
            self._ended[fields["jti"]] = fields["exp"]
