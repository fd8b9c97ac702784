"""Recorded DNS answers: which addresses a name had, and when.

A record is what was seen, not what will be: a name may get another address with every answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ringfence.model.addresses import AddressSet
from ringfence.model.name_patterns import NameSyntax, canonical, names_matching
from ringfence.model.origin import UNKNOWN, Origin


@dataclass(frozen=True, slots=True)
class NameRecord:
    """One address that one queried name was answered with.

    ``name`` is in lower case and without a dot at its end. ``ttl`` is that of the last answer, in seconds. ``chain``
    are the names that CNAMEs led through, in order; the last one owns the address.
    """

    name: str
    address: int
    first_seen: dt.datetime
    last_seen: dt.datetime
    ttl: int | None = None
    chain: tuple[str, ...] = ()
    origin: Origin = field(default=UNKNOWN, compare=False)


@dataclass(frozen=True)
class Names:
    """All records of a file. ``source`` names it in answers; ``read`` is when it was read, from which age is told."""

    records: tuple[NameRecord, ...] = ()
    source: str = ""
    read: dt.datetime = field(default=dt.datetime.min.replace(tzinfo=dt.UTC), compare=False)

    def __bool__(self) -> bool:
        return bool(self.records)

    @cached_property
    def by_name(self) -> Mapping[str, tuple[NameRecord, ...]]:
        """The records of each name, in the order of the file."""
        found: dict[str, list[NameRecord]] = {}
        for record in self.records:
            found.setdefault(record.name, []).append(record)
        return {name: tuple(records) for name, records in found.items()}

    @cached_property
    def _by_address(self) -> Mapping[int, Mapping[str, None]]:
        found: dict[int, dict[str, None]] = {}
        for record in self.records:
            found.setdefault(record.address, {})[record.name] = None
        return found

    def of(self, name: str) -> tuple[NameRecord, ...]:
        """The records of one name; none where it isn't on record."""
        return self.by_name.get(canonical(name), ())

    def at(self, address: int) -> tuple[str, ...]:
        """The names that were answered with an address."""
        return tuple(self._by_address.get(address, ()))

    def matching(self, syntax: NameSyntax, pattern: str) -> tuple[str, ...]:
        """The recorded names that a dialect's pattern matches."""
        if "*" not in pattern:
            name = canonical(pattern)
            return (name,) if name in self.by_name else ()
        return tuple(names_matching(syntax, pattern, self.by_name))

    def addresses(self, names: Iterable[str]) -> AddressSet:
        """Every address of some recorded names."""
        return AddressSet.of((record.address, record.address) for name in names for record in self.of(name))

    def sharing(self, names: Iterable[str]) -> tuple[str, ...]:
        """The other names that have an address in common with one of ``names``: allowing these allows those, too."""
        own = tuple(map(canonical, names))
        found = dict.fromkeys(other for name in own for record in self.of(name) for other in self.at(record.address))
        return tuple(sorted(other for other in found if other not in own))


def seen(records: Iterable[NameRecord], read: dt.datetime) -> str:
    """When some records were last confirmed, with their age: ``last seen on 2026-11-20, 3 days ago``.

    It is that of the latest answer; where an address is missing in answers since the day before it, that is said, too.
    """
    moments = sorted(record.last_seen for record in records)
    text = f"last seen on {moments[-1]:%Y-%m-%d}, {age(read - moments[-1])}"
    if moments[-1] - moments[0] >= dt.timedelta(days=1):
        text += f" (some not since {moments[0]:%Y-%m-%d})"
    return text


def age(span: dt.timedelta) -> str:
    """``3 days ago``, in the largest unit of which there are two; a moment in the future is ``just now``."""
    seconds = span.total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}s ago"
    return "just now"


__all__ = ["NameRecord", "Names", "age", "seen"]
