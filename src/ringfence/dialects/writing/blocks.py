"""A set of addresses as ranges in CIDR notation, with exceptions where that needs fewer of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ringfence.model.addresses import V6_BASE, AddressSet, format_address

Block = tuple[str, tuple[str, ...]]
"""A range and its exceptions, each strictly inside it."""

_Span = tuple[int, int]
"""The first address of a range, and its number of free bits."""

_FAMILIES: tuple[_Span, ...] = ((0, 32), (V6_BASE, 128))


def cidrs(addresses: AddressSet) -> list[str]:
    """The ranges of a set, without exceptions, in order of address."""
    return [_text(span) for family in _FAMILIES for span in _plain(addresses, family)]


def blocks(addresses: AddressSet) -> list[Block]:
    """The ranges of a set with exceptions, as few of both together as one level of exceptions needs."""
    return [
        (_text(span), tuple(map(_text, holes))) for family in _FAMILIES for span, holes in _blocks(addresses, family)
    ]


def _plain(addresses: AddressSet, span: _Span) -> Iterator[_Span]:
    whole = _set(span)
    if whole <= addresses:
        yield span
    elif whole & addresses:
        for half in _halves(span):
            yield from _plain(addresses & whole, half)


def _blocks(addresses: AddressSet, span: _Span) -> list[tuple[_Span, list[_Span]]]:
    whole = _set(span)
    inside = addresses & whole
    if not inside:
        return []
    if inside == whole:
        return [(span, [])]
    parts = [_blocks(inside, half) for half in _halves(span)]
    halves = [block for part in parts for block in part]
    if not all(parts):  # an empty half would be one exception more than the other half needs by itself
        return halves
    cost = sum(1 + len(exceptions) for _, exceptions in halves)
    holes = list(islice(_plain(whole - inside, span), cost - 1))
    return [(span, holes)] if 1 + len(holes) < cost else halves


def _halves(span: _Span) -> tuple[_Span, _Span]:
    low, bits = span
    return (low, bits - 1), (low + (1 << (bits - 1)), bits - 1)


def _set(span: _Span) -> AddressSet:
    low, bits = span
    return AddressSet(((low, low + (1 << bits) - 1),))


def _text(span: _Span) -> str:
    low, bits = span
    return f"{format_address(low)}/{(128 if low >= V6_BASE else 32) - bits}"
