"""Records for tests, written short."""

from __future__ import annotations

import datetime as dt

from ringfence.model.addresses import parse_address
from ringfence.model.names import NameRecord, Names

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


def record(
    name: str, address: str, *, days: float = 0, ttl: int | None = None, chain: tuple[str, ...] = ()
) -> NameRecord:
    """A record that was seen for an hour, ``days`` before noon."""
    last = NOON - dt.timedelta(days=days)
    return NameRecord(name, parse_address(address), last - dt.timedelta(hours=1), last, ttl, chain)


def names(*records: NameRecord) -> Names:
    """Records that were read at noon."""
    return Names(records, "names.jsonl", NOON)
