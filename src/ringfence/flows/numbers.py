"""Numbers for texts, the same in each run and on each machine."""

from __future__ import annotations

import hashlib


def number_of(text: str) -> int:
    """A number for a text: 63 bits of its BLAKE2 digest."""
    return number_of_bytes(text.encode())


def number_of_bytes(data: bytes) -> int:
    """A number for some bytes, as of a text."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest()) >> 1
