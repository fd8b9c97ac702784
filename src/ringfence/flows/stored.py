"""What a store remembers of what was put into it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredInput:
    """How far an input has been read. ``head`` is the digest of its first ``head_size`` bytes, ``digest`` of ``size``.

    Sizes are in bytes of the unpacked input, behind the last whole line. ``ingested`` is when it was read last; times
    are seconds since 1970, UTC.
    """

    number: int
    name: str
    format: str
    cluster: str
    head: str
    head_size: int
    digest: str
    size: int
    lines: int
    records: int
    first: float | None
    last: float | None
    ingested: float


@dataclass(frozen=True, slots=True)
class StoredState:
    """An inventory: the objects of a cluster at ``time``, read from ``name``."""

    name: str
    cluster: str
    time: float
    pods: int
