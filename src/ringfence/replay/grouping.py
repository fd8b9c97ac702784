"""Edges that are the same call, put together: their ends, protocol and port are alike, their outcomes may not be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ringfence.engine.columns import Calls, Numbers
from ringfence.explain.recorded_verdict import PROTOCOLS
from ringfence.flows.edges import EdgeSet
from ringfence.model.flow import Outcome
from ringfence.model.ports import MAX_PORT, Protocol, message

PASSED = (Outcome.ALLOWED, Outcome.AUDITED)
STOPPED = (Outcome.DENIED, Outcome.REJECTED)

_NUMBERS = {name: int(protocol) for name, protocol in PROTOCOLS.items()}
_OTHER = 7
"""In place of the number of a protocol of which policies don't speak."""
_KINDS = 3  # of outcomes: passed, stopped, other
_NO_PORT = MAX_PORT + 1
_PORTS = MAX_PORT + 2


@dataclass(frozen=True, slots=True)
class Groups:
    """Distinct calls. ``counts`` has a row a call, with the connections that passed, were stopped, and others.

    ``protocol`` is 7 for one of which policies don't speak; ``port`` is 65536 where no record tells it. ``order`` are
    the numbers of all edges, call by call; those of a call begin at ``starts``.
    """

    calls: Calls
    counts: Numbers
    order: Numbers
    starts: Numbers
    edges: EdgeSet

    def __len__(self) -> int:
        return len(self.calls)

    @property
    def icmp(self) -> npt.NDArray[np.bool_]:
        """Which calls are of ICMP; their port is a message."""
        marks: npt.NDArray[np.bool_] = (self.calls.protocol > Protocol.SCTP) & (self.calls.protocol != _OTHER)
        return marks

    @property
    def spoken(self) -> npt.NDArray[np.bool_]:
        """Which calls are of a protocol that policies speak of."""
        marks: npt.NDArray[np.bool_] = self.calls.protocol != _OTHER
        return marks

    @property
    def has_port(self) -> npt.NDArray[np.bool_]:
        """Which calls have a port that a policy may name."""
        marks: npt.NDArray[np.bool_] = (self.calls.protocol != _OTHER) & (self.calls.port < _NO_PORT)
        return marks

    def members(self, call: int) -> list[int]:
        """The numbers of the edges of a call."""
        numbers: list[int] = self.order[self.starts[call] : self.starts[call + 1]].tolist()
        return numbers

    def times(self, call: int, outcomes: tuple[Outcome, ...]) -> tuple[float, float]:
        """When the call was first and last seen with one of these outcomes; with any, where it never was."""
        members = self.members(call)
        chosen = [number for number in members if self.edges.outcome[number] in outcomes] or members
        return min(self.edges.first[each] for each in chosen), max(self.edges.last[each] for each in chosen)


def group(edges: EdgeSet, numbers: list[int]) -> Groups:
    """The calls of edges; ``numbers`` gives the end of each party."""
    ends = np.array(numbers, dtype=np.int64)
    width = int(ends.max()) + 1 if len(ends) else 1
    source = ends[np.asarray(edges.source, dtype=np.int64)]
    destination = ends[np.asarray(edges.destination, dtype=np.int64)]
    protocol = np.array([_NUMBERS.get(name, _OTHER) for name in edges.protocol], dtype=np.int64)
    port = np.array([_NO_PORT if number is None else number for number in edges.port], dtype=np.int64)
    icmp = (protocol > Protocol.SCTP) & (protocol != _OTHER)
    port = np.where(icmp, port * message(1), port)  # the type stands in its place
    port = np.where((port > MAX_PORT) | (port < 0) | ((port == 0) & ~icmp), _NO_PORT, port)
    key = ((source * width + destination) * (_OTHER + 1) + protocol) * _PORTS + port
    keys, back = np.unique(key, return_inverse=True)
    kinds = {id(outcome): 0 for outcome in PASSED} | {id(outcome): 1 for outcome in STOPPED}
    kind = np.array([kinds.get(id(outcome), 2) for outcome in edges.outcome], dtype=np.int64)
    connections = np.asarray(edges.connections, dtype=np.int64)
    counts = np.bincount(back * _KINDS + kind, weights=connections, minlength=len(keys) * _KINDS)
    order = np.argsort(back, kind="stable")
    starts = np.searchsorted(back[order], np.arange(len(keys) + 1))
    rest, its_port = keys // _PORTS, keys % _PORTS
    pair, its_protocol = rest // (_OTHER + 1), rest % (_OTHER + 1)
    calls = Calls(pair // width, pair % width, its_protocol, its_port)
    return Groups(calls, counts.astype(np.int64).reshape(len(keys), _KINDS), order, starts, edges)
