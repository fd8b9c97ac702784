"""Records put together: one for each address of each name, from the first time that it was seen to the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ringfence.model.names import NameRecord


def merge(*some: Iterable[NameRecord]) -> tuple[NameRecord, ...]:
    """The records of all, in the order of first appearance; TTL and CNAMEs are those of the latest answer."""
    found: dict[tuple[str, int], NameRecord] = {}
    for records in some:
        for record in records:
            key = record.name, record.address
            known = found.get(key)
            found[key] = record if known is None else _joined(known, record)
    return tuple(found.values())


def _joined(known: NameRecord, other: NameRecord) -> NameRecord:
    latest = other if other.last_seen >= known.last_seen else known
    return replace(latest, first_seen=min(known.first_seen, other.first_seen))
