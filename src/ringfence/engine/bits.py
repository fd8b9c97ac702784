"""Sets of small numbers as Python integers: bit ``i`` is member ``i``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

_FEW = 6  # up to so many members, taking them off one by one beats unpacking the whole integer


def members(bits: int) -> list[int]:
    """The members of a set, ascending."""
    if bits.bit_count() <= _FEW:
        found = []
        while bits:
            low = bits & -bits
            found.append(low.bit_length() - 1)
            bits ^= low
        return found
    unpacked: list[int] = member_array(bits).tolist()
    return unpacked


def member_array(bits: int) -> npt.NDArray[np.int32]:
    """The members of a set, ascending, as an array."""
    if bits.bit_count() <= _FEW:
        return np.array(members(bits), dtype=np.int32)
    packed = np.frombuffer(bits.to_bytes((bits.bit_length() + 7) // 8, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(packed, bitorder="little")).astype(np.int32)


def of(numbers: Iterable[int]) -> int:
    """The set of these numbers."""
    chosen = list(numbers)
    if len(chosen) <= _FEW:
        bits = 0
        for number in chosen:
            bits |= 1 << number
        return bits
    flags = np.zeros(max(chosen) + 1, dtype=np.uint8)
    flags[chosen] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def union(sets: Iterable[int]) -> int:
    """The members of any of these sets."""
    found = 0
    for each in sets:
        found |= each
    return found
