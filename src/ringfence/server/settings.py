"""Who may ask, what they may do, and under which names the server is known."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ringfence.model.errors import QueryError

_SHORTEST: Final = 16
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An issuer of OpenID Connect, and this server as a client of it. Without a secret it is a public client.

    ``groups_claim`` names the claim of the ID token that lists the user's groups; ``scopes`` are asked for besides
    ``openid``, ``profile`` and ``email``.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    groups_claim: str = "groups"
    scopes: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuses an issuer that can't be trusted to be itself.

        Raises:
            QueryError: it is no HTTPS address, nor one of this machine; or there is no client.
        """
        parts = _url("--oidc-issuer", self.issuer)
        if parts.scheme != "https" and not _is_here(parts.hostname or ""):
            raise QueryError(f"--oidc-issuer {self.issuer} must begin with https://.")
        if parts.query or parts.fragment:
            raise QueryError(f"--oidc-issuer {self.issuer} must have no query and no fragment.")
        if not self.client_id:
            raise QueryError("--oidc-issuer needs --oidc-client-id.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How requests are admitted, and what the server keeps.

    ``token`` is what an editor must know, ``viewer_token`` what a viewer must; empty for none. ``proxy_header`` names
    the header in which an authenticating proxy on this machine tells the user, ``proxy_groups`` that of the user's
    groups; empty for none. Of users whom a proxy or an issuer names, members of ``editor_groups`` are editors.
    ``public_url`` is where browsers reach the server; empty for wherever they say. ``names`` are host names that the
    server answers to, besides that, ``localhost`` and addresses. ``audit_file`` is where the audit trail is written,
    ``suppressions_file`` where suppressions are kept; empty for nowhere. ``tests`` are the paths of policy tests.
    """

    token: str = field(default="", repr=False)
    viewer_token: str = field(default="", repr=False)
    proxy_header: str = ""
    proxy_groups: str = ""
    editor_groups: frozenset[str] = frozenset()
    oidc: OidcSettings | None = None
    public_url: str = ""
    names: frozenset[str] = frozenset()
    audit_file: str = ""
    suppressions_file: str = ""
    tests: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """True where it must be known who asks."""
        return bool(self.token or self.viewer_token or self.proxy_header or self.oidc)

    @property
    def is_public_https(self) -> bool:
        """True where browsers are known to come by HTTPS, whatever a proxy makes of it."""
        return self.public_url.startswith("https://")

    def check(self) -> None:
        """Refuses settings that contradict each other or would do nothing.

        Raises:
            QueryError: with the sentence of what is wrong.
        """
        if self.token and self.token == self.viewer_token:
            raise QueryError("--token-file and --viewer-token-file hold the same token.")
        if self.proxy_groups and not self.proxy_header:
            raise QueryError("--trust-proxy-groups goes with --trust-proxy-header only.")
        if self.editor_groups and not (self.proxy_groups or self.oidc):
            raise QueryError("--editor-group needs groups: name --trust-proxy-groups or --oidc-issuer.")
        if self.oidc is not None:
            self.oidc.check()
        if self.public_url:
            parts = _url("--public-url", self.public_url)
            if parts.path not in ("", "/") or parts.query or parts.fragment:
                raise QueryError(f"--public-url {self.public_url} must have no path: the pages are at the root.")

    def check_bind(self, bind: str) -> None:
        """Refuses to be reached from elsewhere without knowing who asks.

        Raises:
            QueryError: the address is none, or anybody could ask.
        """
        try:
            address = ipaddress.ip_address(bind)
        except ValueError:
            raise QueryError(f"--bind {bind} is no address. Use 127.0.0.1, or 0.0.0.0 for all of IPv4.") from None
        if not address.is_loopback and not self.asks:
            raise QueryError(
                f"--bind {bind} is reached from other machines: name a --token-file, a --trust-proxy-header or an "
                "--oidc-issuer."
            )

    def answers_to(self, host: str) -> bool:
        """Whether the server is meant by a Host header.

        An address is always right: in DNS rebinding, the browser was led here by a name of somebody else.
        """
        if not host or any(sign in host for sign in "@/\\ "):
            return False
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        try:
            ipaddress.ip_address(name)
        except ValueError:
            public = urlsplit(self.public_url).hostname or "localhost"
            return name.lower().removesuffix(".") in {"localhost", public, *self.names}
        return True

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this server has this origin. ``host`` is the request's Host header."""
        return urlsplit(origin).netloc == host or (bool(self.public_url) and origin == self.public_url.rstrip("/"))


def read_secret(option: str, path: str, *, shortest: int = _SHORTEST) -> str:
    """The secret in a file, without the space around it. ``option`` is how the file was named, for messages.

    Raises:
        QueryError: the file can't be read, or has no usable secret.
    """
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else "it is not ASCII text"
        raise QueryError(f"{option} {path} can't be read: {why}.") from None
    if not shortest <= len(text) <= _LONGEST or not text.isprintable() or " " in text:
        raise QueryError(f"{option} {path} must hold one secret of at least {shortest} characters without spaces.")
    return text


def _url(option: str, text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise QueryError(f"{option} {text} is no address of the form https://name.")
    return parts


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
