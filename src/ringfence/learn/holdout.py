"""Learning on the first part of the window, and what the rest would have lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.flows.edges import EdgeSet
from ringfence.learn.arrival import Arrivals
from ringfence.learn.demands import Connection, demands_of
from ringfence.learn.ends import Ends
from ringfence.learn.evidence import Tray, calls_of, since
from ringfence.learn.existing import Known
from ringfence.learn.proof import cuts
from ringfence.model.errors import QueryError
from ringfence.model.flow import HOUR


@dataclass(frozen=True, slots=True)
class Holdout:
    """The test on the end of the window.

    ``hour`` (seconds since 1970 / 3600) is its first. ``kinds`` of connections were seen from then on, ``connections``
    in number; of these ``lost`` would have been cut by what was learned before.
    """

    share: float
    hour: int
    kinds: int
    connections: int
    lost: tuple[Connection, ...]

    @property
    def lost_connections(self) -> int:
        """How many connections would have been cut."""
        return sum(each.evidence.connections for each in self.lost)

    @property
    def by_source(self) -> tuple[tuple[str, int], ...]:
        """Who would have lost how many connections: the ends that opened them, those that lose most first."""
        found: Counter[str] = Counter()
        for each in self.lost:
            found[str(each.source)] += each.evidence.connections
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def first_of_rest(edges: EdgeSet, share: float) -> int:
    """The hour that the test begins with.

    Raises:
        QueryError: the window is too short to be divided, or ``share`` is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise QueryError(f"{share:.0%} is no share of the window to hold out. Use one between 1% and 99%.")
    first, last = min(edges.first, default=0.0) // HOUR, max(edges.last, default=0.0) // HOUR
    hour = round(last + 1 - (last + 1 - first) * share)
    if not first < hour <= last:
        raise QueryError("The window of the flows is too short to hold a part of it out: it needs two hours at least.")
    return hour


@dataclass(frozen=True, slots=True)
class Judging:
    """By what the rest is judged: as learning itself judges the first part.

    ``known`` is the cluster of today and ``after`` the engine of the proposal. ``denied`` and ``icmp`` are as in
    :func:`ringfence.learn.evidence.calls_of`.
    """

    ends: Ends
    arrivals: Arrivals
    known: Known
    after: Engine
    denied: bool = False
    icmp: bool = False


def held_out(edges: EdgeSet, share: float, hour: int, by: Judging) -> Holdout:
    """What the proposal, learned on the hours before, does to the connections of the others."""
    calls = calls_of(edges, Tray(), denied=by.denied, keep=since(hour), icmp=by.icmp)
    connections = demands_of(calls, by.ends, Tray(), by.arrivals).connections
    total = sum(each.evidence.connections for each in connections)
    lost = tuple(cut.connection for cut in cuts(by.known, by.after, connections))
    return Holdout(share, hour, len(connections), total, lost)
