"""Values that many log formats write alike: addresses, protocols, ports, times, JSON records.

Logs come from other people's programs and are cut, merged and edited on their way, so each of these takes anything and
says "nothing" of what it can't read; the reader of the format then notes the loss.
"""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from ringfence.model.flow import Opening, TcpAnswer

PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}
"""Numbers of https://www.iana.org/assignments/protocol-numbers that flows name; others stay numbers."""

_NAMES = {name.lower(): name for name in PROTOCOLS.values()} | {"icmp6": "ICMPv6", "ipv6-icmp": "ICMPv6"}
_LATEST = 253402300800.0  # the year 10000: what is later isn't in seconds
_MOST = (1 << 63) - 1
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{13}")


@lru_cache(maxsize=1 << 16)
def _canonical(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        if address.scope_id is not None:
            return str(ipaddress.IPv6Address(int(address)))
    return str(address)


def address(value: object) -> str:
    """An address in its canonical text, an IPv4-mapped one as IPv4; empty if it is none."""
    return _canonical(value) if isinstance(value, str) and len(value) < 64 else ""


def protocol(value: object) -> str:
    """``TCP``, ``UDP``, ``SCTP``, ``ICMP``, ``ICMPv6``, or the number in text; empty if it is neither."""
    if isinstance(value, str):
        known = _NAMES.get(value.lower())
        if known is not None:
            return known
    number = whole(value)
    if number is None or not 0 <= number <= 255:
        return ""
    return PROTOCOLS.get(number, str(number))


def whole(value: object) -> int | None:
    """A whole number of 64 bits that is written as such, or as its text (JSON of protobuf); None if it is none."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        if len(digits) > 19 or not digits.isascii() or not digits.isdigit():
            return None
        value = int(value)
    elif isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    elif isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -_MOST <= value <= _MOST else None


def count(value: object) -> int | None:
    """A whole number that isn't negative."""
    number = whole(value)
    return number if number is not None and number >= 0 else None


def port(value: object) -> int | None:
    """A port of 1 to 65535; None for 0, which sources write where there is none."""
    number = whole(value)
    return number if number is not None and 0 < number < 65536 else None


def icmp_type(value: object) -> int | None:
    """The type of an ICMP message, 0 to 255."""
    number = whole(value)
    return number if number is not None and 0 <= number < 256 else None


def text(value: object) -> str:
    """A text; empty for everything else, and for the ``-`` and ``<nil>`` that sources write for nothing."""
    return value if isinstance(value, str) and value not in {"-", "<nil>"} else ""


def seconds(value: object, scale: float = 1.0) -> float | None:
    """A time in seconds since 1970 from a number; ``scale`` is what the number counts in (0.001: milliseconds)."""
    number = value if isinstance(value, float) else whole(value)
    if number is None:
        return None
    try:
        time = float(number) * scale
    except OverflowError:
        return None
    return time if math.isfinite(time) and 0 < time < _LATEST else None


@lru_cache(maxsize=4096)
def moment(value: str) -> float | None:
    """A time in RFC 3339 or what is near it (ISO 8601, a comma for the point), in seconds; UTC if it has no zone."""
    try:
        time = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    try:
        since = time.timestamp()
    except (OverflowError, ValueError):
        return None
    return since if since > 0 else None


def any_time(value: object) -> float | None:
    """A time in RFC 3339, or seconds, or 13 digits of milliseconds."""
    if isinstance(value, str):
        if _EPOCH.fullmatch(value) is None:
            return moment(value)
        number: float = float(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        return None
    return seconds(number, 0.001 if number > 1e11 else 1.0)


def record(line: bytes) -> dict[str, Any] | None:
    """A line that is one JSON object; None if it is none."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one for everything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """A JSON array; an empty one for everything else."""
    return value if isinstance(value, list) else []


def opening(*, syn: bool, ack: bool) -> Opening:
    """What the flags of one TCP packet say: SYN alone opens a connection, SYN with ACK answers one (RFC 9293, 3.5)."""
    if not syn:
        return Opening.UNKNOWN
    return Opening.REPLY if ack else Opening.OPENS


def tcp_answer(*, syn: bool, ack: bool, rst: bool) -> TcpAnswer:
    """What the flags of one TCP packet answer: SYN with ACK accepts, RST refuses or breaks off (RFC 9293, 3.5)."""
    if syn:
        return TcpAnswer.ACCEPTED if ack else TcpAnswer.NONE
    return TcpAnswer.RESET if rst else TcpAnswer.NONE


_ICMP_OPENS = {"ICMP": 8, "ICMPv6": 128}
_ICMP_REPLIES = {"ICMP": 0, "ICMPv6": 129}


def icmp_opening(protocol: str, kind: int | None) -> Opening:
    """Echo requests open, echo replies answer (RFC 792, RFC 4443); of other types nobody knows."""
    if kind is None:
        return Opening.UNKNOWN
    if kind == _ICMP_OPENS.get(protocol):
        return Opening.OPENS
    return Opening.REPLY if kind == _ICMP_REPLIES.get(protocol) else Opening.UNKNOWN


EPHEMERAL = 32768
"""The first port that Linux gives to clients by default (Documentation/networking/ip-sysctl, ip_local_port_range)."""


def kept_ports(opening: Opening, source: int | None, destination: int | None) -> tuple[int | None, int | None]:
    """Source and destination port as a flow keeps them: without the client's, which differs with every connection.

    Where nobody knows who opened the connection and exactly one of its ports is ephemeral, that one is a client's, and
    the first ephemeral port stands for it: so what a log needs in memory doesn't grow with its connections.
    """
    if opening is Opening.OPENS:
        return None, destination
    if opening is Opening.REPLY:
        return source, None
    if source is None or destination is None or (source >= EPHEMERAL) is (destination >= EPHEMERAL):
        return source, destination
    return (EPHEMERAL, destination) if source >= EPHEMERAL else (source, EPHEMERAL)
