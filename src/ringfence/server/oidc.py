"""OpenID Connect: the login at an issuer, by the authorization code flow with PKCE.

The issuer is asked for where to go (OpenID Connect Discovery 1.0), for its keys (RFC 7517) and for the ID token that
belongs to a code (RFC 6749, 4.1; RFC 7636). Browsers carry the state, the nonce and the verifier, signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import jwt

from ringfence.server.oidc_token import OidcError, UnknownKeyError, checked
from ringfence.server.settings import OidcSettings
from ringfence.server.who import Role, Who

LASTS: Final = 600
"""Seconds that a login at the issuer may take."""

_FRESH: Final = 3600.0
"""Seconds for which what the issuer says of itself is kept."""

_KEYS_AGAIN: Final = 10.0
"""Seconds after which keys are asked for again because of one that isn't known."""

_TIMEOUT: Final = 10.0
_MOST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Pending:
    """A login that began: what must come back, and where the browser goes then."""

    state: str
    nonce: str
    verifier: str
    back: str


class Oidc:
    """The issuer, as this server knows it. It is asked when the first reader logs in."""

    def __init__(self, settings: OidcSettings, editors: frozenset[str]) -> None:
        self._settings = settings
        self._editors = editors
        self._lock = threading.Lock()
        self._known: dict[str, Any] = {}
        self._known_at = 0.0
        self._keys: tuple[jwt.PyJWK, ...] = ()
        self._keys_at = 0.0

    def begin(self, redirect: str, back: str) -> tuple[str, Pending]:
        """Where to send the browser, and what to ask of it when it comes back to ``redirect``.

        Raises:
            OidcError: the issuer doesn't say where.
        """
        pending = Pending(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), back)
        digest = hashlib.sha256(pending.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(dict.fromkeys(("openid", "profile", "email", *self._settings.scopes))),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        where = self._endpoint("authorization_endpoint")
        return f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(asked)}", pending

    def finish(self, pending: Pending, given: Mapping[str, str], redirect: str) -> Who:
        """Who came back with these parameters.

        Raises:
            OidcError: it isn't this login, the issuer refused, or what it says can't be believed.
        """
        if not hmac.compare_digest(given.get("state", "").encode(), pending.state.encode()):
            raise OidcError("This is the answer to another login: begin again.")
        if given.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207: no mix-up of issuers
            raise OidcError("This is the answer of another issuer.")
        if error := given.get("error", ""):
            raise OidcError(f"The issuer refused: {error[:100]}.")
        if not given.get("code"):
            raise OidcError("The issuer gave no code.")
        token = self._token(given["code"], pending.verifier, redirect)
        return self._who(self._checked(token, pending.nonce))

    def _who(self, claims: Mapping[str, Any]) -> Who:
        names = (claims.get(name) for name in ("preferred_username", "email", "sub"))
        groups = claims.get(self._settings.groups_claim, ())
        listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        role = Role.of((each for each in listed if isinstance(each, str)), self._editors)
        return Who(next(name for name in names if name and isinstance(name, str)), role, "oidc", claims["sub"])

    def _checked(self, token: str, nonce: str) -> Mapping[str, Any]:
        wanted = (self._settings.issuer, self._settings.client_id, nonce)
        try:
            return checked(token, self._signing_keys(), *wanted)
        except UnknownKeyError:
            return checked(token, self._signing_keys(again=True), *wanted)

    def _token(self, code: str, verifier: str, redirect: str) -> str:
        """The ID token for a code."""
        settings, form = self._settings, {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
        form["code_verifier"] = verifier
        where = self._endpoint("token_endpoint")
        ways = self._metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        auth = None
        if settings.client_secret and "client_secret_basic" in ways:
            auth = httpx2.BasicAuth(quote(settings.client_id, safe=""), quote(settings.client_secret, safe=""))
        else:
            form["client_id"] = settings.client_id
            if settings.client_secret:
                form["client_secret"] = settings.client_secret
        found = self._asked("POST", where, data=form, auth=auth)
        token = found.get("id_token")
        if not isinstance(token, str):
            raise OidcError("The issuer gave no ID token.")
        return token

    def _signing_keys(self, *, again: bool = False) -> tuple[jwt.PyJWK, ...]:
        with self._lock:
            age = time.monotonic() - self._keys_at
            if not self._keys or age > (_KEYS_AGAIN if again else _FRESH):
                found = self._asked("GET", self._endpoint("jwks_uri")).get("keys")
                self._keys = tuple(_keys(found if isinstance(found, list) else []))
                self._keys_at = time.monotonic()
            return self._keys

    def _endpoint(self, name: str) -> str:
        """An address that the issuer names. It must be as safe as the issuer's own."""
        where = self._metadata().get(name)
        if not isinstance(where, str) or urlsplit(where).scheme not in (
            "https",
            urlsplit(self._settings.issuer).scheme,
        ):
            raise OidcError(f"The issuer names no safe {name}.")
        return where

    def _metadata(self) -> Mapping[str, Any]:
        """What the issuer says of itself. It must be about this very issuer (Discovery 1.0, section 4.3)."""
        if self._known and time.monotonic() - self._known_at < _FRESH:
            return self._known
        issuer = self._settings.issuer
        found = self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise OidcError("The issuer calls itself by another name than --oidc-issuer has.")
        self._known, self._known_at = found, time.monotonic()
        return found

    def _asked(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        """The JSON that the issuer answers with."""
        try:
            answer = httpx2.request(method, url, timeout=_TIMEOUT, headers={"accept": "application/json"}, **how)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OidcError(f"The issuer can't be reached: {type(error).__name__}.") from None
        if answer.status_code != httpx2.codes.OK:
            raise OidcError(f"The issuer answered with status {answer.status_code}.")
        try:
            found = answer.json() if len(answer.content) <= _MOST else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise OidcError("The issuer's answer can't be read.")
        return found


def _keys(listed: list[Any]) -> list[jwt.PyJWK]:
    """The keys that can be read: an issuer may publish others for other uses."""
    found = []
    for each in listed:
        try:
            found.append(jwt.PyJWK(each))
        except (jwt.PyJWTError, AttributeError, TypeError, ValueError):
            continue
    return found
