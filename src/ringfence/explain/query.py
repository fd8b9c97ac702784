"""Ports and protocols as people write them, and the text ``DST[:PORT[/PROTO]]``."""

from __future__ import annotations

from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.ports import MAX_PORT, MIN_PORT, Protocol


def parse_protocol(text: str) -> Protocol:
    """The protocol of a name in any case; TCP where the text is empty.

    Raises:
        QueryError: it is none that policy can be asked about.
    """
    name = text.strip().upper() or "TCP"
    try:
        return Protocol[name]
    except KeyError:
        raise QueryError(f"{text.strip()!r} is no protocol. Use TCP, UDP or SCTP.") from None


def parse_port(text: str) -> int:
    """A port number.

    Raises:
        QueryError: it is no number from 1 to 65535.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 5 and MIN_PORT <= int(digits) <= MAX_PORT):
        shown = repr(digits) if digits else "An empty port"
        raise QueryError(f"{shown} is no port. Use a number from {MIN_PORT} to {MAX_PORT}.")
    return int(digits)


def parse_port_and_protocol(text: str) -> tuple[Protocol, int]:
    """``443`` or ``53/UDP``.

    Raises:
        QueryError: as :func:`parse_port` and :func:`parse_protocol`.
    """
    port, slash, protocol = text.partition("/")
    if slash and not protocol.strip():
        raise QueryError(f"{text!r} has no protocol after the slash. Write it as 53/UDP.")
    return parse_protocol(protocol), parse_port(port)


def split_destination(text: str) -> tuple[str, tuple[Protocol, int] | None]:
    """The endpoint text, and the port and protocol where they are given.

    An IPv6 address takes its port in brackets, ``[::1]:443``; without brackets all of it is the address.

    Raises:
        QueryError: what follows the last colon is no port.
    """
    text = text.strip()
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise QueryError(f"{text!r} is no destination. An IPv6 address with a port is written [2001:db8::1]:443.")
        return address, parse_port_and_protocol(rest[1:]) if rest else None
    if text.count(":") >= 2 and not text.lower().startswith("service:"):
        try:
            parse_address(text)
        except ValueError:
            pass
        else:
            return text, None
    prefix, body = "", text
    if text.lower().startswith("service:"):
        prefix, body = text[: len("service:")], text[len("service:") :]
    endpoint, colon, port = body.partition(":")
    return prefix + endpoint, parse_port_and_protocol(port) if colon else None
