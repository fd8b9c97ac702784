"""External addresses in words, and external ends that an answer treats alike put together.

An answer gives each source the widest ranges that it treats alike, so that the ranges of two sources may overlap. A
graph or a matrix needs ends that don't, and its reader wants ``Internet (IPv4) except 10.0.0.0/8``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Separated:
    """Connections whose external ends don't overlap.

    An external end is named by its first range; ``addresses`` hold all of it. An end that is written otherwise than
    ``lo-hi`` is kept as it is and has no addresses here.
    """

    connections: tuple[Connection, ...]
    addresses: Mapping[ReachEnd, AddressSet]

    def named(self, signatures: Mapping[ReachEnd, Hashable]) -> dict[ReachEnd, str]:
        """A name for each external end; ends of equal signature share one, which describes them together."""
        members: dict[Hashable, list[ReachEnd]] = {}
        for end, signature in signatures.items():
            members.setdefault(signature, []).append(end)
        names: dict[ReachEnd, str] = {}
        taken: set[str] = set()
        for ends in members.values():
            known = AddressSet.of(span for end in ends for span in self.addresses.get(end, ()))
            parts = [describe(known)] if known else []
            parts += sorted(end.name for end in ends if end not in self.addresses)
            name = ", ".join(parts)
            if name in taken:  # two long lists may begin alike
                name += f" (with {min(end.name for end in ends)})"
            taken.add(name)
            names.update(dict.fromkeys(ends, name))
        return names

    def named_by_connections(self) -> dict[ReachEnd, str]:
        """A name for each external end; those with the same connections share one."""
        edges: dict[ReachEnd, set[Hashable]] = {}
        for one in self.connections:
            for end, other, side in ((one.src, one.dst, "out"), (one.dst, one.src, "in")):
                if end.external:
                    edges.setdefault(end, set()).add((side, other, one.ports, one.always))
        return self.named({end: frozenset(found) for end, found in sorted(edges.items())})


def separate(connections: Iterable[Connection]) -> Separated:
    """The same connections with external ends cut where any of them begins or ends."""
    given = tuple(connections)
    ranges = {
        end: known
        for end in sorted({end for one in given for end in (one.src, one.dst) if end.external})
        if (known := addresses_of(end)) is not None
    }
    parts, addresses = _cut(ranges)
    return Separated(
        tuple(
            replace(one, src=src, dst=dst)
            for one in given
            for src in parts.get(one.src, (one.src,))
            for dst in parts.get(one.dst, (one.dst,))
        ),
        addresses,
    )


def _cut(ranges: Mapping[ReachEnd, AddressSet]) -> tuple[dict[ReachEnd, list[ReachEnd]], dict[ReachEnd, AddressSet]]:
    """The parts of each end, and the addresses of each part; parts that belong to the same ends are one."""
    edges: dict[int, set[ReachEnd]] = {}  # where membership changes: the ends that begin or stop there
    for end, addresses in ranges.items():
        for low, high in addresses:
            for point in (low, high + 1):
                edges.setdefault(point, set()).symmetric_difference_update({end})
    spans: dict[frozenset[ReachEnd], list[Interval]] = {}
    inside: frozenset[ReachEnd] = frozenset()
    start = 0
    for point in sorted(edges):
        if inside:
            spans.setdefault(inside, []).append((start, point - 1))
        inside, start = inside ^ edges[point], point
    parts: dict[ReachEnd, list[ReachEnd]] = {end: [] for end in ranges}
    addresses_by_part: dict[ReachEnd, AddressSet] = {}
    for members, intervals in spans.items():
        part = ReachEnd(format_range(intervals[0]))
        addresses_by_part[part] = AddressSet.of(intervals)
        for end in members:
            parts[end].append(part)
    return parts, addresses_by_part


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
