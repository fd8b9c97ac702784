"""Who asks: a token in a header or a cookie, or a user whom a proxy names."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from ringfence.server.settings import Settings

COOKIE: Final = "ringfence_session"
LASTS: Final = 12 * 3600
"""Seconds for which a login is good."""

_SCHEME: Final = "bearer "
_ANYBODY: Final = "local"


class Admission:
    """Decides who a request is from. Logins end with the process: their key is made anew each time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = secrets.token_bytes(32)

    @property
    def by_login(self) -> bool:
        """True where a reader may log in with the token."""
        return bool(self._settings.token)

    def user(self, headers: Mapping[str, str], peer: str) -> str:
        """Who asks; empty where that isn't known, and the request must be refused. ``peer`` is the client's address."""
        settings = self._settings
        if settings.proxy_header and _is_loopback(peer) and (name := headers.get(settings.proxy_header, "").strip()):
            return name
        if settings.token:
            given = headers.get("authorization", "")
            if given[: len(_SCHEME)].lower() == _SCHEME and self.knows(given[len(_SCHEME) :].strip()):
                return "token"
            return "token" if self._is_logged_in(headers.get("cookie", "")) else ""
        return "" if settings.proxy_header else _ANYBODY

    def knows(self, token: str) -> bool:
        """Whether this is the token, told in constant time."""
        wanted = self._settings.token
        return bool(wanted) and hmac.compare_digest(token.encode(), wanted.encode())

    def session(self) -> str:
        """The value of a cookie for somebody who knows the token."""
        until = str(int(time.time()) + LASTS)
        return f"{until}.{self._sign(until)}"

    def _is_logged_in(self, cookies: str) -> bool:
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(cookies)
        except CookieError:
            return False
        if COOKIE not in jar:
            return False
        until, _, signature = jar[COOKIE].value.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(until).encode()):
            return False
        return int(until) > time.time()

    def _sign(self, until: str) -> str:
        return hmac.new(self._key, until.encode(), hashlib.sha256).hexdigest()


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
