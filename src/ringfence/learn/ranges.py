"""Single addresses as few ranges: the merge that adds the fewest addresses comes first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ringfence.model.addresses import V6_BASE, AddressSet


@dataclass(frozen=True, slots=True)
class Merged:
    """The ranges, how many addresses they have beyond those asked for, and whether the budget could be kept."""

    addresses: AddressSet
    added: int
    within: bool


_Block = tuple[int, int]
"""The first address of a range in CIDR notation, and its number of free bits."""


def merge(points: Iterable[int], budget: int, kept_out: Sequence[int] = ()) -> Merged:
    """At most ``budget`` ranges that have all of these addresses.

    Of two neighbours those are merged, into the shortest prefix of both, whose merge adds the fewest addresses; among
    equals the lower. No merge takes in one of ``kept_out``, in ascending order, nor joins IPv4 and IPv6; so the budget
    may be missed.
    """
    wanted = sorted(set(points))
    blocks: list[_Block] = [(point, 0) for point in wanted]
    costs = [_cost(blocks, number, kept_out) for number in range(len(blocks) - 1)]
    for limit in (0, None):  # halves of one range are one range, whatever the budget
        while costs and (limit == 0 or len(blocks) > budget):
            number = min(range(len(costs)), key=costs.__getitem__)
            if costs[number] == _NEVER or (limit == 0 and costs[number] > 0):
                break
            blocks[number : number + 2] = [_around(blocks[number], blocks[number + 1])]
            del costs[number]
            for neighbour in (number - 1, number):
                if 0 <= neighbour < len(costs):
                    costs[neighbour] = _cost(blocks, neighbour, kept_out)
    addresses = AddressSet.of((low, low + (1 << bits) - 1) for low, bits in blocks)
    return Merged(addresses, addresses.size - len(wanted), len(blocks) <= budget)


_NEVER = 1 << 200


def _cost(blocks: Sequence[_Block], number: int, kept_out: Sequence[int]) -> int:
    one, other = blocks[number], blocks[number + 1]
    if (one[0] >= V6_BASE) is not (other[0] >= V6_BASE):
        return _NEVER
    low, bits = _around(one, other)
    if bisect_left(kept_out, low) != bisect_right(kept_out, low + (1 << bits) - 1):
        return _NEVER
    # Were a third range inside, its merge with the nearer of the two would cost less and come first.
    return (1 << bits) - (1 << one[1]) - (1 << other[1])


def _around(one: _Block, other: _Block) -> _Block:
    base = V6_BASE if one[0] >= V6_BASE else 0
    bits = ((one[0] - base) ^ (other[0] - base)).bit_length()
    return (one[0] - base >> bits << bits) + base, bits
