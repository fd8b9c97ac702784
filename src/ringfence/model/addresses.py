"""IPv4 and IPv6 addresses as points of one line, and exact sets of them.

IPv4 occupies 0 … 2^32-1, IPv6 starts at 2^128: a set never merges across the two families.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton  # all of `socket` takes long to import
from dataclasses import dataclass

from ringfence.model.intervals import Interval, IntervalSet

V4_MAX = (1 << 32) - 1
V6_BASE = 1 << 128
V6_MAX = V6_BASE + (1 << 128) - 1


def parse_address(text: str) -> int:
    """The point of an address in its usual spelling. An IPv4-mapped IPv6 address is its IPv4 address.

    Raises:
        ValueError: ``text`` is no IPv4 or IPv6 address (leading zeros and zones are refused, as the API server does).
    """
    try:
        if ":" not in text:
            return int.from_bytes(inet_pton(AF_INET, text))
        value = int.from_bytes(inet_pton(AF_INET6, text))
    except (OSError, UnicodeEncodeError, ValueError) as error:
        raise ValueError(f"{text!r} is no IP address") from error
    return value & V4_MAX if value >> 32 == 0xFFFF else V6_BASE + value


def format_address(point: int) -> str:
    """The usual spelling of a point of the address line."""
    if point <= V4_MAX:
        return inet_ntop(AF_INET, point.to_bytes(4))
    return inet_ntop(AF_INET6, (point - V6_BASE).to_bytes(16))


def parse_cidr(text: str) -> tuple[Interval, bool]:
    """The interval of a CIDR, and whether host bits were set (they are masked away).

    Raises:
        ValueError: the text is no ``address/length``; the message says which part is wrong.
    """
    address, slash, length = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} has no prefix length")
    if not (length.isascii() and length.isdigit()) or (len(length) > 1 and length[0] == "0"):
        raise ValueError(f"{text!r} has no valid prefix length")
    try:
        point = parse_address(address)
    except ValueError:
        raise ValueError(f"{text!r} has no valid address before the slash") from None
    width, bits = (32, int(length)) if ":" not in address else (128, int(length))
    if bits > width:
        raise ValueError(f"{text!r} has a prefix longer than {width} bits")
    if ":" in address and point <= V4_MAX:  # ::ffff:a.b.c.d/n
        if bits < 96:
            raise ValueError(f"{text!r} mixes IPv4-mapped and other IPv6 addresses")
        width, bits = 32, bits - 96
    base = V6_BASE if point >= V6_BASE else 0
    value = point - base
    low = value >> (width - bits) << (width - bits)
    return (base + low, base + low + (1 << (width - bits)) - 1), value != low


@dataclass(frozen=True, slots=True)
class AddressSet(IntervalSet):
    """A set of addresses of both families."""

    @classmethod
    def cidr(cls, text: str) -> AddressSet:
        """The addresses of one CIDR, host bits masked.

        Raises:
            ValueError: as :func:`parse_cidr`.
        """
        return cls((parse_cidr(text)[0],))

    @classmethod
    def point(cls, address: int) -> AddressSet:
        """One address."""
        return cls(((address, address),))

    def __str__(self) -> str:
        return ",".join(format_range(interval) for interval in self.intervals) or "no address"


def format_range(interval: Interval) -> str:
    """``lo-hi``, both addresses in full, as reach writes external endpoints."""
    return f"{format_address(interval[0])}-{format_address(interval[1])}"


ALL_V4 = AddressSet(((0, V4_MAX),))
ALL_V6 = AddressSet(((V6_BASE, V6_MAX),))
ALL_ADDRESSES = ALL_V4 | ALL_V6
NO_ADDRESSES = AddressSet()
