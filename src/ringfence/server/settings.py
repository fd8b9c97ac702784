"""Who may ask, and under which names the server is known."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ringfence.model.errors import QueryError

_SHORTEST: Final = 16
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class Settings:
    """How requests are admitted.

    ``token`` is what a reader must know; empty for none. ``proxy_header`` names the header in which an authenticating
    proxy on this machine tells the user; empty for none. ``names`` are host names that the server answers to, besides
    ``localhost`` and addresses.
    """

    token: str = field(default="", repr=False)
    proxy_header: str = ""
    names: frozenset[str] = frozenset()

    def check_bind(self, bind: str) -> None:
        """Refuses to be reached from elsewhere without knowing who asks.

        Raises:
            QueryError: the address is none, or anybody could ask.
        """
        try:
            address = ipaddress.ip_address(bind)
        except ValueError:
            raise QueryError(f"--bind {bind} is no address. Use 127.0.0.1, or 0.0.0.0 for all of IPv4.") from None
        if not address.is_loopback and not (self.token or self.proxy_header):
            raise QueryError(
                f"--bind {bind} is reached from other machines: name a --token-file or a --trust-proxy-header."
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
            return name.lower().removesuffix(".") in {"localhost", *self.names}
        return True


def read_token(path: str) -> str:
    """The token in a file, without the space around it.

    Raises:
        QueryError: the file can't be read, or has no usable token.
    """
    try:
        text = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else "it is not ASCII text"
        raise QueryError(f"--token-file {path} can't be read: {why}.") from None
    if not _SHORTEST <= len(text) <= _LONGEST or not text.isprintable() or " " in text:
        raise QueryError(f"--token-file {path} must hold one token of at least {_SHORTEST} characters without spaces.")
    return text
