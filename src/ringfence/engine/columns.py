"""Judges many calls at once: each distinct pair of atoms is looked up once, in columns.

A call is a source end, a destination end, a protocol and a port. Its ends stand for several endpoints where replicas
differ; each pair of them is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringfence.engine import Engine
from ringfence.engine.bits import member_array
from ringfence.engine.fold import Row
from ringfence.model.policy import Direction
from ringfence.model.ports import MAX_PORT, AnyProtocol, Icmp, Protocol

_PROTOCOLS = max((*Protocol, *Icmp)) + 1
_PORTS = MAX_PORT + 1

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Calls:
    """Columns of calls: numbers of ends, and the protocol and port."""

    source: Numbers
    destination: Numbers
    protocol: Numbers
    port: Numbers

    def __len__(self) -> int:
        return len(self.source)

    @property
    def columns(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """All four, in this order."""
        return self.source, self.destination, self.protocol, self.port

    def take(self, chosen: npt.NDArray[np.bool_]) -> Calls:
        """Some of the calls."""
        return Calls(self.source[chosen], self.destination[chosen], self.protocol[chosen], self.port[chosen])


@dataclass(frozen=True, slots=True)
class Shape:
    """The endpoints of an end that are of one atom.

    ``sends`` is the node whose traffic all of them send, ``runs`` the one that runs all of them; empty where there is
    none, or there are several.
    """

    atom: int
    sends: str = ""
    runs: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """For each call, how many pairs of kinds of endpoints were judged, and how many of them are allowed."""

    pairs: Numbers
    allowed: Numbers


def judge(engine: Engine, shapes: Sequence[Sequence[Shape]], calls: Calls) -> Judged:
    """Judges calls between ends that are given as the shapes of their endpoints.

    A node may always reach the pods that it runs. Where replicas are on several nodes, others are left to judge.
    """
    if not len(calls):
        nothing = np.zeros(0, dtype=np.int64)
        return Judged(nothing, nothing)
    starts, flat, sends, runs = _flattened(shapes)
    many_sources = starts[calls.source + 1] - starts[calls.source]
    many_destinations = starts[calls.destination + 1] - starts[calls.destination]
    pairs = many_sources * many_destinations
    call = np.repeat(np.arange(len(calls)), pairs)
    nth = np.arange(len(call)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    width = np.maximum(many_destinations[call], 1)
    left = starts[calls.source[call]] + nth // width
    right = starts[calls.destination[call]] + nth % width
    ports = _ports(engine, flat[left], flat[right])
    may = _has(engine, ports, calls.protocol[call], calls.port[call])
    may |= (sends[left] > 0) & (sends[left] == runs[right])
    allowed = np.bincount(call, weights=may, minlength=len(calls)).astype(np.int64)
    return Judged(pairs, allowed)


def _flattened(shapes: Sequence[Sequence[Shape]]) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Where each list starts, with the end of the last one; and the atoms and nodes of all lists one after another."""
    starts = np.zeros(len(shapes) + 1, dtype=np.int64)
    np.cumsum([len(each) for each in shapes], out=starts[1:])
    flat = [shape for each in shapes for shape in each]
    nodes: dict[str, int] = {"": 0}
    sends = [nodes.setdefault(shape.sends, len(nodes)) for shape in flat]
    runs = [nodes.setdefault(shape.runs, len(nodes)) for shape in flat]
    columns = ([shape.atom for shape in flat], sends, runs)
    atoms, sending, running = (np.array(column, dtype=np.int64) for column in columns)
    return starts, atoms, sending, running


def _ports(engine: Engine, left: Numbers, right: Numbers) -> Numbers:
    """The number of the port set that each pair of atoms may use."""
    width = len(engine.universe.atoms)
    keys, back = np.unique(left * width + right, return_inverse=True)
    first, second = keys // width, keys % width
    egress = _side(engine, Direction.EGRESS, first, second)
    ingress = _side(engine, Direction.INGRESS, second, first)
    return _each(egress, ingress, engine.table.intersection)[back]


def _side(engine: Engine, direction: Direction, subjects: Numbers, peers: Numbers) -> Numbers:
    """The port sets that one direction allows: subjects with the same row are looked up together."""
    rows: dict[int, int] = {}
    found: list[Row] = []
    distinct, back = np.unique(subjects, return_inverse=True)
    numbers = np.empty(len(distinct), dtype=np.int64)
    for place, atom in enumerate(distinct.tolist()):
        row = engine.row(direction, atom)
        number = rows.setdefault(id(row), len(found))
        if number == len(found):
            found.append(row)
        numbers[place] = number
    of_row = numbers[back]
    ports = np.array([row.default for row in found], dtype=np.int64)[of_row]
    order = np.argsort(of_row, kind="stable")
    ends = np.searchsorted(of_row[order], np.arange(len(found) + 1))
    line = np.empty(len(engine.universe.atoms), dtype=np.int64)
    for number, row in enumerate(found):
        if not row.exceptions:
            continue
        here = order[ends[number] : ends[number + 1]]
        line.fill(row.default)
        for allowed, atoms in row.exceptions.items():
            line[member_array(atoms)] = allowed
        ports[here] = line[peers[here]]
    return ports


def _each(one: Numbers, other: Numbers, work: Callable[[int, int], int]) -> Numbers:
    """``work`` of each pair of numbers, asked once for pairs that are alike."""
    width = int(other.max()) + 1
    keys, back = np.unique(one * width + other, return_inverse=True)
    found = np.array([work(key // width, key % width) for key in keys.tolist()], dtype=np.int64)
    return found[back]


def _has(engine: Engine, ports: Numbers, protocol: Numbers, port: Numbers) -> npt.NDArray[np.bool_]:
    """Whether each port set has the port."""
    keys, back = np.unique((ports * _PROTOCOLS + protocol) * _PORTS + port, return_inverse=True)
    sets = engine.table.sets
    found = []
    for key in keys.tolist():
        rest, number = divmod(key, _PORTS)
        which, kind = divmod(rest, _PROTOCOLS)
        found.append(sets[which].has(protocol_of(kind), number))
    return np.array(found, dtype=np.bool_)[back]


def protocol_of(number: int) -> AnyProtocol:
    """The protocol of a number in a column."""
    return Protocol(number) if number <= Protocol.SCTP else Icmp(number)
