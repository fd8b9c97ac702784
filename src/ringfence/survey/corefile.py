"""Where the cluster's DNS sends what it doesn't know: the ``forward`` lines of a Corefile.

Source: the plugin's page of the CoreDNS manual: ``forward FROM TO...`` where each TO is an address with or without a
port, after ``dns://`` or ``tls://`` or nothing, or a file in the form of ``resolv.conf``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.model.addresses import parse_address
from ringfence.model.ports import Protocol

_DNS: Final = 53
_TLS: Final = 853
_COMMENT: Final = re.compile(r"(^|\s)#.*")
_FORWARD: Final = "forward"
_SCHEME: Final = re.compile(r"(?P<scheme>[a-z]+)://(?P<rest>.+)")
_WITH_PORT: Final = re.compile(r"(\[(?P<six>[^]]+)\]|(?P<four>[^:]+)):(?P<port>\d+)")


@dataclass(frozen=True, slots=True)
class Resolver:
    """One server that is forwarded to: a point of the address line, and the port on which it is asked."""

    address: int
    protocol: Protocol
    port: int


@dataclass(frozen=True, slots=True)
class Forward:
    """One ``forward`` line: the names below ``zone`` go to ``resolvers``.

    ``known`` is false where a server isn't given as an address: those of the node's ``resolv.conf``, or a name.
    """

    zone: str
    resolvers: tuple[Resolver, ...]
    known: bool = True


def forwards(corefile: str) -> tuple[Forward, ...]:
    """Every ``forward`` of a Corefile, in its order."""
    return tuple(_forwards(corefile))


def _forwards(corefile: str) -> Iterator[Forward]:
    for line in corefile.splitlines():
        words = _COMMENT.sub("", line).replace("{", " ").replace("}", " ").split()
        if len(words) < 3 or words[0] != _FORWARD:
            continue
        found = [_resolver(word) for word in words[2:]]
        resolvers = tuple(resolver for resolver in found if resolver is not None)
        yield Forward(words[1], resolvers, known=len(resolvers) == len(found))


def _resolver(text: str) -> Resolver | None:
    scheme = "dns"
    if match := _SCHEME.fullmatch(text):
        scheme, text = match["scheme"], match["rest"].partition("%")[0]
    if scheme not in ("dns", "tls"):
        return None
    port = _TLS if scheme == "tls" else _DNS
    if match := _WITH_PORT.fullmatch(text):
        text, port = match["six"] or match["four"], int(match["port"])
    try:
        point = parse_address(str(ipaddress.ip_address(text.strip("[]"))))
    except ValueError:
        return None
    return Resolver(point, Protocol.TCP if scheme == "tls" else Protocol.UDP, port)
