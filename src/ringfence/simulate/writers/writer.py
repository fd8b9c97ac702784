"""What a writer of one log format offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from ringfence.simulate.connection import Connection, Instance
from ringfence.simulate.loss import NO_LOSS, LossLaw


@dataclass(frozen=True, slots=True)
class Record:
    """One record before it is written: the log's own numbering is put in later, when it is known what was lost.

    ``connections`` are those that it tells of: several where the source puts them together.
    """

    time: float
    node: str
    body: str
    connections: tuple[Connection, ...]


class Writer(Protocol):
    """Turns connections into lines of one format."""

    def records(self, connection: Connection) -> Iterable[Record]:
        """What the agents of the nodes that are concerned write of a connection; none for what they can't see."""

    def flush(self, until: float) -> Iterable[Record]:
        """The records of intervals that ended before a moment, for sources that count and write later."""

    def header(self, node: str) -> str:
        """The first line of a node's file; empty for formats without."""

    def line(self, record: Record, number: int) -> str:
        """The line of a record, the ``number``-th that its node had to write, from 1, those that were lost included."""

    def lost(self, node: str, time: float, why: str, count: int) -> str:
        """The line by which the source says that it lost ``count`` records; empty where it says nothing."""


@dataclass(frozen=True, slots=True)
class LogFormat:
    """A format that can be written.

    ``name`` is what ``--format`` takes, ``file`` the log's name in the directory of its node. ``make``
    is given what writers need to know, ``loss`` is the law that the source has by itself.
    """

    name: str
    title: str
    file: str
    make: Callable[[Cast], Writer]
    loss: LossLaw = NO_LOSS


@dataclass(frozen=True, slots=True)
class Cast:
    """What writers need to know besides a connection: the number of each pod, and each node's address."""

    seed: int
    identity: Callable[[Instance], int]
    node_address: Callable[[str], str]
