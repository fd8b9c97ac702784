"""Ports and protocols as people write them, and the text ``DST[:PORT[/PROTO]]`` or ``DST:icmp[/TYPE[/CODE]]``."""

from __future__ import annotations

from ringfence.model.addresses import parse_address
from ringfence.model.errors import QueryError
from ringfence.model.icmp import ECHO_REQUEST
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, Icmp, Protocol, message

_MOST = 255


def parse_protocol(text: str) -> Protocol:
    """The protocol of a name in any case; TCP where the text is empty.

    Raises:
        QueryError: it is none that policy can be asked about.
    """
    name = text.strip().upper() or "TCP"
    try:
        return Protocol[name]
    except KeyError:
        hint = "Use TCP, UDP or SCTP."
        if name in Icmp.__members__:
            kind = ECHO_REQUEST[Icmp[name]]
            hint = f"It has no ports; where it may be asked for, write its type: {name.lower()}/{kind}."
        raise QueryError(f"{text.strip()!r} is no protocol with ports. {hint}") from None


def parse_message(family: Icmp, text: str) -> int:
    """A message of ICMP: ``8``, ``5/2``, or nothing for the echo request that ``ping`` sends.

    Raises:
        QueryError: it is no type, or no type and code.
    """
    if not text.strip():
        return message(ECHO_REQUEST[family])
    parts = [part.strip() for part in text.split("/")]
    if len(parts) > 2 or not all(p.isascii() and p.isdigit() and len(p) <= 3 and int(p) <= _MOST for p in parts):
        raise QueryError(f"{text!r} is no type of {family}. Write a type, or type/code, each from 0 to {_MOST}.")
    return message(*map(int, parts))


def parse_any(protocol: str, port: str) -> tuple[AnyProtocol, int]:
    """A protocol and a port, or ICMP and a message, of two columns.

    Raises:
        QueryError: as :func:`parse_protocol`, :func:`parse_port` and :func:`parse_message`.
    """
    family = Icmp.__members__.get(protocol.strip().upper())
    if family is not None:
        return family, parse_message(family, port)
    return parse_protocol(protocol), parse_port(port)


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


def parse_port_and_protocol(text: str) -> tuple[AnyProtocol, int]:
    """``443`` or ``53/UDP``; ``icmp``, ``icmp/8`` or ``icmpv6/1/4``.

    Raises:
        QueryError: as :func:`parse_port`, :func:`parse_protocol` and :func:`parse_message`.
    """
    port, slash, protocol = text.partition("/")
    family = Icmp.__members__.get(port.strip().upper())
    if family is not None:
        if slash and not protocol.strip():
            raise QueryError(f"{text!r} has no type after the slash. Write it as icmp/8.")
        return family, parse_message(family, protocol)
    if slash and not protocol.strip():
        raise QueryError(f"{text!r} has no protocol after the slash. Write it as 53/UDP.")
    return parse_protocol(protocol), parse_port(port)


def split_destination(text: str) -> tuple[str, tuple[AnyProtocol, int] | None]:
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


def with_ports(asked: tuple[AnyProtocol, int] | None) -> tuple[Protocol, int] | None:
    """The port and protocol, where ICMP may not be asked for.

    Raises:
        QueryError: it is ICMP.
    """
    if asked is None:
        return None
    protocol, port = asked
    if isinstance(protocol, Icmp):
        raise QueryError(f"Changes are proposed for TCP, UDP and SCTP, not for {protocol}; ask `why` about it.")
    return protocol, port
