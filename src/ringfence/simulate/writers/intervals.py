"""A base for writers whose source counts for a while, and writes a record when the interval ends."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.simulate.connection import Connection
from ringfence.simulate.writers.lines import LineWriter
from ringfence.simulate.writers.writer import Cast, Record


@dataclass(frozen=True, slots=True)
class Observation:
    """What a node sees of a connection. Observations with an equal ``key`` are counted together."""

    node: str
    key: Hashable
    packets: int
    octets: int
    packets_back: int = 0
    octets_back: int = 0


@dataclass(slots=True)
class Bucket:
    """Observations of one key in one interval, in seconds since 1970."""

    node: str
    start: float
    end: float
    packets: int = 0
    octets: int = 0
    packets_back: int = 0
    octets_back: int = 0
    connections: list[Connection] = field(default_factory=list)


class IntervalWriter(LineWriter):
    """Intervals of ``seconds``, aligned with UTC."""

    def __init__(self, cast: Cast, seconds: int) -> None:
        super().__init__(cast)
        self._seconds = seconds
        self._open: dict[Hashable, Bucket] = {}

    @abstractmethod
    def observe(self, connection: Connection) -> Iterable[Observation]:
        """What the nodes see of a connection."""

    @abstractmethod
    def body(self, key: Hashable, bucket: Bucket) -> str:
        """The record of an interval."""

    def records(self, connection: Connection) -> Iterable[Record]:
        """Nothing yet: the interval goes on."""
        start = connection.time // self._seconds * self._seconds
        for seen in self.observe(connection):
            bucket = self._open.get(seen.key)
            if bucket is None:
                bucket = self._open[seen.key] = Bucket(seen.node, start, start + self._seconds)
            bucket.packets += seen.packets
            bucket.octets += seen.octets
            bucket.packets_back += seen.packets_back
            bucket.octets_back += seen.octets_back
            bucket.connections.append(connection)
        return ()

    def flush(self, until: float) -> Iterator[Record]:
        """The records of intervals that have ended. What is asked about is later than what was counted."""
        if not self._open:
            return
        # All open intervals are one and the same, because connections come in the order of time.
        end = next(iter(self._open.values())).end
        if until < end:
            return
        for key, bucket in self._open.items():
            yield Record(bucket.end, bucket.node, self.body(key, bucket), tuple(bucket.connections))
        self._open = {}
