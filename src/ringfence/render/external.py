"""External addresses in words, and external ends that an answer treats alike put together.

An answer cuts external space wherever some rule does; a reader wants ``Internet (IPv4) except 10.0.0.0/8``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from ringfence.model.addresses import (
    ALL_ADDRESSES,
    ALL_V4,
    ALL_V6,
    V6_BASE,
    AddressSet,
    format_address,
    format_range,
    parse_address,
)
from ringfence.model.intervals import Interval
from ringfence.reach.report import Connection, ReachEnd

_SHOWN = 3  # more ranges than this are cut short in a name


def addresses_of(end: ReachEnd) -> AddressSet | None:
    """The addresses of an external end written ``lo-hi``; ``None`` where it is written otherwise."""
    low, dash, high = end.name.partition("-")
    try:
        return AddressSet.of(((parse_address(low), parse_address(high)),)) if dash else None
    except ValueError:
        return None


def describe(addresses: AddressSet) -> str:
    """A set of addresses in words, such as ``Internet``, ``10.0.0.0/8`` or ``Internet (IPv6) except fd00::/8``."""
    if addresses == ALL_ADDRESSES:
        return "Internet"
    families = ((ALL_V4, "Internet (IPv4)"), (ALL_V6, "Internet (IPv6)"))
    return ", ".join(_describe_family(addresses & space, space, name) for space, name in families if addresses & space)


def group(signatures: Mapping[ReachEnd, Hashable]) -> dict[ReachEnd, str]:
    """A name for each external end; ends of equal signature share one, which describes them together.

    Names are unique to a signature: two groups never get the same name, because their addresses differ.
    """
    members: dict[Hashable, list[ReachEnd]] = {}
    for end, signature in signatures.items():
        members.setdefault(signature, []).append(end)
    names: dict[ReachEnd, str] = {}
    taken: set[str] = set()
    for ends in members.values():
        sets = [addresses_of(end) for end in ends]
        known = AddressSet.of(interval for one in sets if one is not None for interval in one)
        parts = [describe(known)] if known else []
        parts += sorted(end.name for end, one in zip(ends, sets, strict=True) if one is None)
        name = ", ".join(parts)
        if name in taken:  # two long lists may begin alike
            name += f" (from {min(end.name for end in ends)})"
        taken.add(name)
        names.update(dict.fromkeys(ends, name))
    return names


def group_by_connections(connections: Iterable[Connection]) -> dict[ReachEnd, str]:
    """A name for each external end; those with the same connections share one."""
    edges: dict[ReachEnd, set[Hashable]] = {}
    for connection in connections:
        for end, other, side in ((connection.src, connection.dst, "out"), (connection.dst, connection.src, "in")):
            if end.external:
                edges.setdefault(end, set()).add((side, other, connection.ports, connection.always))
    return group({end: frozenset(edges[end]) for end in sorted(edges)})


def _describe_family(addresses: AddressSet, space: AddressSet, name: str) -> str:
    missing = space - addresses
    if not missing:
        return name
    if len(missing) <= _SHOWN and len(missing) < len(addresses):
        return f"{name} except {_ranges(missing)}"
    return _ranges(addresses)


def _ranges(addresses: AddressSet) -> str:
    shown = [_range(interval) for interval in addresses.intervals[:_SHOWN]]
    left = len(addresses) - len(shown)
    return ", ".join(shown) + (f" and {left} more ranges" if left > 1 else " and 1 more range" if left else "")


def _range(interval: Interval) -> str:
    """An address, a CIDR where the interval is one, else ``lo-hi``."""
    low, high = interval
    if low == high:
        return format_address(low)
    size = high - low + 1
    base, width = (0, 32) if low < V6_BASE else (V6_BASE, 128)
    if size & (size - 1) == 0 and (low - base) % size == 0:
        return f"{format_address(low)}/{width - size.bit_length() + 1}"
    return format_range(interval)
