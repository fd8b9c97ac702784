"""Asks for names again and again, and adds what is answered to a file after each round, so that nothing is lost."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol as TypingProtocol

from ringfence.model.names import NameRecord
from ringfence.names.asking import Asked
from ringfence.names.merging import merge
from ringfence.names.writing import add_records, known_records


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run found of one name.

    ``records`` are the addresses that it was answered with, ``new`` those of them that the file didn't have before.
    ``problems`` are what went wrong, each once.
    """

    name: str
    records: tuple[NameRecord, ...]
    new: frozenset[int]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """What a run found: of each name, in how many rounds, and all that the file then has."""

    file: str
    rounds: int
    names: tuple[Recorded, ...]
    total: tuple[NameRecord, ...]


class Asks(TypingProtocol):
    """What is asked: :class:`~ringfence.names.asking.Asker` is one."""

    def ask(self, name: str, now: dt.datetime, /) -> Asked:
        """What a resolver says of a name at this moment."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, so that tests need not wait for it. ``now`` is in UTC; ``sleep`` takes seconds."""

    now: Callable[[], dt.datetime] = field(default=lambda: dt.datetime.now(tz=dt.UTC))
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def record(
    names: Sequence[str],
    resolvers: Sequence[Asks],
    path: str,
    *,
    every: float = 0.0,
    lasting: float = 0.0,
    clock: Clock | None = None,
) -> Recording:
    """Asks every resolver for every name: once, or each ``every`` seconds until ``lasting`` seconds have passed.

    Raises:
        InputError: the file can't be read or written.
    """
    clock = clock or Clock()
    known = known_records(path)
    before = {(each.name, each.address) for each in known}
    found: dict[str, tuple[NameRecord, ...]] = dict.fromkeys(names, ())
    problems: dict[str, dict[str, None]] = {name: {} for name in found}
    rounds, total = 0, known
    for _ in _rounds(every, lasting, clock):
        rounds += 1
        for name in names:
            for resolver in resolvers:
                asked = resolver.ask(name, clock.now().replace(microsecond=0))
                found[name] = merge(found[name], asked.records)
                problems[name].update(dict.fromkeys(asked.problems))
        seen = [each for records in found.values() for each in records]
        if seen:
            total = add_records(path, seen)
    told = tuple(
        Recorded(
            name,
            records,
            frozenset(each.address for each in records if (each.name, each.address) not in before),
            tuple(problems[name]),
        )
        for name, records in found.items()
    )
    return Recording(path, rounds, told, total)


def _rounds(every: float, lasting: float, clock: Clock) -> Iterator[None]:
    """The first at once, the others by the clock: a slow round doesn't move the others, and skips what it missed."""
    start = clock.monotonic()
    yield
    number = 1
    while every and number * every <= lasting:
        wait = start + number * every - clock.monotonic()
        if wait >= 0:
            clock.sleep(wait)
            yield
        number += 1
