"""Credential plugins: programs that print a token or a client certificate.

Source: "client-go credential plugins" in the Kubernetes documentation; "Client Authentication (v1)" in its reference.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ringfence.live.connection import LiveError

if TYPE_CHECKING:
    from ringfence.live.configured import Cluster, Exec

_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


class _Status(msgspec.Struct):
    token: str = ""
    clientCertificateData: str = ""  # noqa: N815
    clientKeyData: str = ""  # noqa: N815
    expirationTimestamp: dt.datetime | None = None  # noqa: N815


class _Answer(msgspec.Struct):
    apiVersion: str = ""  # noqa: N815
    status: _Status | None = None


_answer = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a plugin gave: a token, a certificate with its key as PEM, or both. ``until`` is when it expires."""

    token: str = field(default="", repr=False)
    certificate: str = ""
    key: str = field(default="", repr=False)
    until: dt.datetime | None = None

    @property
    def expired(self) -> bool:
        """Whether it is known to be good no longer."""
        return self.until is not None and dt.datetime.now(tz=dt.UTC) >= self.until


class Plugin:
    """The plugin of a context. Several threads may ask; it runs once for all of them."""

    def __init__(self, program: Exec, cluster: Cluster, context: str) -> None:
        self._program = program
        self._cluster = cluster
        self._context = context
        self._lock = threading.Lock()
        self._last: Credential | None = None
        if program.apiVersion not in _VERSIONS:
            asked = program.apiVersion or "no version"
            known = " and ".join(_VERSIONS)
            raise LiveError(
                f"The plugin {program.command} of context {context} is set up for {asked}; known are {known}."
            )

    def credential(self, refused: Credential | None = None) -> Credential:
        """What it gave last; it is run first, and again when that has expired or is the one that was ``refused``.

        Raises:
            LiveError: it can't be run, fails, or prints something else.
        """
        with self._lock:
            if self._last is None or self._last.expired or self._last is refused:
                self._last = self._run()
            return self._last

    def _run(self) -> Credential:
        interactive = self._interactive()
        env = dict(os.environ)
        env.update((each.name, each.value) for each in self._program.env or ())
        env["KUBERNETES_EXEC_INFO"] = json.dumps(self._info(interactive))
        command = [self._program.command, *(self._program.args or ())]
        try:
            done = subprocess.run(  # noqa: S603 -- that the kubeconfig names it is the point
                command,
                env=env,
                stdin=None if interactive else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if interactive else subprocess.PIPE,
                check=False,
            )
        except OSError as error:
            hint = f" {self._program.installHint.strip()}" if self._program.installHint else ""
            raise self._failure(f"it can't be run: {error.strerror or error}.{hint}") from None
        if done.returncode:
            told = _plain((done.stderr or b"").decode("utf-8", "replace"))
            raise self._failure(f"it ended with status {done.returncode}{f': {told}' if told else '.'}")
        return self._read(done.stdout)

    def _interactive(self) -> bool:
        """Whether it may ask the user something, by ``interactiveMode``."""
        mode = self._program.interactiveMode or "IfAvailable"
        terminal = sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not terminal:
            raise self._failure("it wants to ask something, and standard input is no terminal.")
        return terminal and mode != "Never"

    def _info(self, interactive: bool) -> dict[str, Any]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._program.provideClusterInfo:
            told = {
                "server": self._cluster.server,
                "tls-server-name": self._cluster.tls_server_name,
                "insecure-skip-tls-verify": self._cluster.insecure,
                "certificate-authority-data": self._cluster.authorities(),
                "proxy-url": self._cluster.proxy_url,
            }
            spec["cluster"] = {key: value for key, value in told.items() if value}
        return {"apiVersion": self._program.apiVersion, "kind": "ExecCredential", "spec": spec}

    def _read(self, printed: bytes) -> Credential:
        try:
            answer = _answer.decode(printed)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._failure(f"it printed no ExecCredential: {_plain(str(error))}.") from None
        if answer.apiVersion != self._program.apiVersion:
            raise self._failure(
                f"it is asked for {self._program.apiVersion} and printed {answer.apiVersion or 'none'}."
            )
        status = answer.status or _Status()
        if bool(status.clientCertificateData) != bool(status.clientKeyData):
            raise self._failure("it printed a certificate without its key, or a key alone.")
        if not (status.token or status.clientCertificateData):
            raise self._failure("it printed neither a token nor a certificate.")
        until = status.expirationTimestamp
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=dt.UTC)
        return Credential(status.token, status.clientCertificateData, status.clientKeyData, until)

    def _failure(self, why: str) -> LiveError:
        return LiveError(f"The plugin {self._program.command} gives context {self._context} no credentials: {why}")


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text.strip())[:500]
