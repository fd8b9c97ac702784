"""Credentials that change while a connection lasts: a file that is replaced, a plugin whose answer expires."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Final

import httpx2

from ringfence.live.configured import User
from ringfence.live.connection import LiveError
from ringfence.live.plugin import Credential, Plugin

_Flow = Generator[httpx2.Request, httpx2.Response, None]
_UNAUTHORIZED: Final = 401


class TokenFile(httpx2.Auth):
    """A token in a file, read again when the file is another one: the kubelet replaces those of service accounts."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._known: tuple[int, int, int] | None = None
        self._token = ""

    def sync_auth_flow(self, request: httpx2.Request) -> _Flow:
        """With the token, and once more where a new one came at the very moment.

        Raises:
            LiveError: the file can't be read.
        """
        sent = self._read()
        request.headers["Authorization"] = f"Bearer {sent}"
        response = yield request
        if response.status_code == _UNAUTHORIZED and (token := self._read()) != sent:
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    def _read(self) -> str:
        try:
            found = self._path.stat()
            known = found.st_ino, found.st_size, found.st_mtime_ns
            if known != self._known:
                self._token, self._known = self._path.read_text(encoding="ascii").strip(), known
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no token"
            raise LiveError(f"The token file {self._path} can't be read: {why}.") from None
        return self._token


class FromPlugin(httpx2.Auth):
    """What a plugin gives. A certificate of it is put into the context that connections are made with."""

    def __init__(self, plugin: Plugin, tls: ssl.SSLContext) -> None:
        self._plugin = plugin
        self._tls = tls
        self._loaded = Credential()
        self.by_certificate = bool(self._credential().certificate)

    def sync_auth_flow(self, request: httpx2.Request) -> _Flow:
        """With what the plugin gave, and where that is refused, once more with what it gives then.

        Raises:
            LiveError: see :meth:`Plugin.credential`; or the certificate can't be used.
        """
        credential = self._credential()
        self._sign(request, credential)
        response = yield request
        if response.status_code == _UNAUTHORIZED:
            self._sign(request, self._credential(refused=credential))
            yield request

    def _sign(self, request: httpx2.Request, credential: Credential) -> None:
        if credential.token:
            request.headers["Authorization"] = f"Bearer {credential.token}"

    def _credential(self, refused: Credential | None = None) -> Credential:
        credential = self._plugin.credential(refused)
        if credential.certificate and credential is not self._loaded:
            with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:  # OpenSSL reads them from a file only
                file.write(f"{credential.certificate}\n{credential.key}\n")
                file.flush()
                try:
                    self._tls.load_cert_chain(file.name)
                except ssl.SSLError as error:
                    raise LiveError(f"The certificate that a plugin gave can't be used: {error}.") from None
        self._loaded = credential
        return credential


def auth(user: User, plugin: Plugin | None, tls: ssl.SSLContext) -> httpx2.Auth | None:
    """How requests are signed; None where a certificate, or nothing, says who asks.

    Raises:
        LiveError: see :class:`FromPlugin`.
    """
    if user.token_file:
        return TokenFile(user.token_file)
    if user.token:
        return _Token(user.token)
    if plugin is not None:
        return FromPlugin(plugin, tls)
    if user.username and user.password:
        return httpx2.BasicAuth(user.username, user.password)
    return None


class _Token(httpx2.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx2.Request) -> _Flow:
        request.headers["Authorization"] = self._header
        yield request
