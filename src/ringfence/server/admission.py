"""Who a request is from: a token, a login, or a user whom a proxy names."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final

from ringfence.model.errors import RingfenceError
from ringfence.server.sessions import COOKIE, Sessions, Signed
from ringfence.server.settings import Settings
from ringfence.server.tries import Tries
from ringfence.server.who import Role, Who

_SCHEME: Final = "bearer "
_LOCAL: Final = Who("local", Role.EDITOR, "local")


class TooManyTriesError(RingfenceError):
    """Too many wrong tokens came from one place. ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many logins from your address were refused: wait {seconds} seconds.")
        self.seconds = seconds


class Admission:
    """Decides who a request is from. Logins end with the process: their key is made anew each time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.signed = Signed()
        self.sessions = Sessions(self.signed)
        self._tries = Tries()

    @property
    def by_token(self) -> bool:
        """True where a reader may log in with a token."""
        return bool(self._settings.token or self._settings.viewer_token)

    @property
    def by_login(self) -> bool:
        """True where a reader may log in."""
        return self.by_token or self._settings.oidc is not None

    def who(self, headers: Mapping[str, str], peer: str) -> Who | None:
        """Who asks; None where that isn't known, and the request must be refused. ``peer`` is the client's address.

        Raises:
            TooManyTriesError: it has a token, and too many wrong ones came from there.
        """
        settings = self._settings
        if settings.proxy_header and is_loopback(peer) and (name := headers.get(settings.proxy_header, "").strip()):
            groups = headers.get(settings.proxy_groups, "") if settings.proxy_groups else ""
            role = Role.of((group.strip() for group in groups.split(",")), settings.editor_groups)
            return Who(name, role, "proxy")
        if not settings.asks:
            return _LOCAL
        given = headers.get("authorization", "")
        if self.by_token and given[: len(_SCHEME)].lower() == _SCHEME:
            return self.holder(given[len(_SCHEME) :].strip(), peer)
        return self.sessions.who(cookie(headers, COOKIE)) if self.by_login else None

    def holder(self, token: str, peer: str) -> Who | None:
        """Whose token this is, told in constant time; None for no one's.

        Raises:
            TooManyTriesError: too many wrong ones came from there.
        """
        self.check(peer)
        found = None
        known = ((self._settings.viewer_token, Role.VIEWER), (self._settings.token, Role.EDITOR))
        for wanted, role in known:
            if hmac.compare_digest(token.encode(), wanted.encode()) and wanted:
                found = Who("token" if role is Role.EDITOR else "viewer token", role, "token")
        if found is None:
            self.failed(peer)
        return found

    def check(self, peer: str) -> None:
        """Refuses to look at anything that could be a guess.

        Raises:
            TooManyTriesError: too many wrong ones came from there.
        """
        if wait := self._tries.wait(peer):
            raise TooManyTriesError(wait)

    def failed(self, peer: str) -> None:
        """Notes that somebody there was refused."""
        self._tries.failed(peer)


def cookie(headers: Mapping[str, str], name: str) -> str:
    """The value of a cookie of a request; empty if there is none."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def is_loopback(peer: str) -> bool:
    """Whether an address is one of this machine."""
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
