"""Requests to an API server, repeated where a repetition can help, with errors that say what to do."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from ringfence.live.kubeconfig import settings
from ringfence.live.target import Target
from ringfence.model.errors import InputError

if TYPE_CHECKING:
    import httpx2
    from lightkube.config.kubeconfig import SingleConfig

ATTEMPTS: Final = 5
_LONGEST_PAUSE: Final = 10.0
_KEPT: Final = 20
_BUSY: Final = frozenset({429, 500, 502, 503, 504})


class LiveError(InputError):
    """The API server can't be reached, or doesn't answer as one."""


class RefusedError(Exception):
    """403: the user may not do this. ``message`` is the server's."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AbsentError(Exception):
    """404: the server doesn't serve this."""


class GoneError(Exception):
    """410: the place in a list, or the version to watch from, is too old."""


class _Status(msgspec.Struct):
    message: str | None = None


_status = msgspec.json.Decoder(_Status)


@dataclass(slots=True)
class Connection:
    """An open connection. ``name`` is the context's, ``server`` the address, ``namespace`` the context's own."""

    client: httpx2.Client
    name: str
    server: str
    namespace: str
    timeout: float
    pause: float = 0.2

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> bytes:
        """The body of the answer. What may pass (busy, slow, cut) is tried five times with growing pauses.

        Raises:
            RefusedError, AbsentError, GoneError: the server says so.
            LiveError: it can't be reached, doesn't accept the credentials, or stays busy.
        """
        import httpx2

        problem = ""
        for attempt in range(ATTEMPTS):
            try:
                answer = self.client.get(path, params=dict(parameters or {}))
            except httpx2.TimeoutException as error:
                waits = "accept a connection" if isinstance(error, httpx2.ConnectTimeout) else "answer"
                problem = f"it didn't {waits} within {self.timeout:g} s"
            except httpx2.TransportError as error:
                problem = _plain(error)
                if "certificate" in problem.lower():
                    break  # asking again doesn't make it valid
            else:
                if answer.status_code < 300:
                    return answer.content
                problem = f"{self._refusal(answer)}, {ATTEMPTS} times"
                self._wait(attempt, answer.headers.get("Retry-After"))
                continue
            self._wait(attempt, None)
        raise LiveError(f"{self.whom} can't be asked: {problem}.")

    @property
    def whom(self) -> str:
        """The server in a sentence."""
        return f"The API server {self.server} of context {self.name}"

    def check(self, answer: httpx2.Response) -> None:
        """Raises what an answer that is no success means.

        Raises:
            RefusedError, AbsentError, GoneError: the server says so.
            LiveError: anything else.
        """
        raise LiveError(f"{self.whom} can't be asked: {self._refusal(answer)}.")

    def _refusal(self, answer: httpx2.Response) -> str:
        code, message = answer.status_code, said(answer.content)
        if code == 401:
            raise LiveError(
                f"{self.whom} doesn't accept the credentials (401 {message}). They may have expired: "
                f"`kubectl --context {self.name} auth whoami` asks with the same."
            )
        if code == 403:
            raise RefusedError(message)
        if code == 404:
            raise AbsentError(message)
        if code == 410:
            raise GoneError(message)
        if code not in _BUSY:
            raise LiveError(f"{self.whom} answered {code} to {answer.request.url.path}: {message}.")
        return f"it answered {code} ({message})"

    def _wait(self, attempt: int, asked: str | None) -> None:
        if attempt == ATTEMPTS - 1:
            return
        pause = self.pause * 2**attempt * (1 + random.random() / 4)  # noqa: S311 -- spreads clients, guards nothing
        if asked is not None and asked.isdecimal():
            pause = max(pause, float(asked))
        time.sleep(min(pause, _LONGEST_PAUSE))


def said(content: bytes) -> str:
    """The message of a Status, or the beginning of what came instead."""
    try:
        message = _status.decode(content).message
    except msgspec.DecodeError:
        message = None
    text = message or content[:200].decode("utf-8", "replace").strip() or "without a message"
    return "".join(each if each.isprintable() else " " for each in text)


def _plain(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text[:1].lower() + text[1:].rstrip(".")


@contextmanager
def connect(target: Target, *, pause: float = 0.2) -> Iterator[Connection]:
    """A connection to the cluster; nothing is asked yet. ``pause`` is before the first repetition, in seconds.

    Raises:
        InputError: see :func:`ringfence.live.kubeconfig.settings`; or certificates, a plugin or a proxy can't be used.
    """
    config = settings(target)
    with _client(config, target.timeout) as client:
        server, namespace = config.cluster.server, config.namespace
        yield Connection(client, config.context_name, server, namespace, target.timeout, pause)


def _client(config: SingleConfig, timeout: float) -> httpx2.Client:
    import httpx2
    from lightkube.config.client_adapter import verify_cluster
    from lightkube.core.exceptions import ConfigError

    from ringfence.live.configured import Cluster, User
    from ringfence.live.credentials import FromPlugin, auth
    from ringfence.live.plugin import Plugin

    user, cluster = config.user, config.cluster
    assert isinstance(user, User)  # noqa: S101 -- settings gives them
    assert isinstance(cluster, Cluster)  # noqa: S101
    try:
        tls = verify_cluster(cluster, user, config.abs_file)
        plugin = Plugin(user.exec, cluster, config.context_name) if user.exec is not None else None
        signed = auth(user, plugin, tls)
        once = isinstance(signed, FromPlugin) and signed.by_certificate
        client = httpx2.Client(
            base_url=cluster.server,
            verify=tls,
            auth=signed,
            proxy=cluster.proxy_url or None,
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 10.0)),
            # A connection is its certificate's for as long as it lasts: one that may be replaced is used once.
            limits=httpx2.Limits(max_keepalive_connections=0 if once else _KEPT),
        )
    except (ConfigError, ImportError, OSError, ValueError) as error:
        raise InputError(f"Context {config.context_name} can't be used: {_plain(error)}.") from None
    client.headers["Accept"] = "application/json"
    client.headers["User-Agent"] = "ringfence"
    client.headers = httpx2.Headers([*client.headers.multi_items(), *user.impersonation()])
    name = cluster.tls_server_name
    if name:
        client.event_hooks = {"request": [lambda request: request.extensions.update(sni_hostname=name)]}
    return client
