"""The edges of a choice, asked where they are: of a million, an answer reads the few that it names, and sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ringfence.flows.choosing import PAIR_AND_OUTCOME, Choice, chosen, in_window
from ringfence.flows.edges import Coverage, EdgeSet, Party
from ringfence.flows.fetching import columns_of, coverage, keep_places, used_parties, whole_edges, with_places
from ringfence.flows.storage import Storage
from ringfence.flows.tables import NO_PORT, RESET
from ringfence.model.flow import Outcome

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

CALL = ("source_end", "destination_end", "protocol", "port")
"""What is one call: two ends, a protocol and a port."""

_PASSED = [Outcome.ALLOWED.value, Outcome.AUDITED.value]
_STOPPED = [Outcome.DENIED.value, Outcome.REJECTED.value]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many calls there are, and connections of them."""

    calls: int
    connections: int


@dataclass(frozen=True, slots=True)
class HourOf:
    """The connections of one ``hour`` (seconds / 3600) with one outcome; ``reset`` counts those that were reset."""

    hour: int
    outcome: Outcome
    connections: int
    reset: int = 0


@dataclass(frozen=True, slots=True)
class LinkOf:
    """Connections between two labels, to one port, with one outcome."""

    source: int
    destination: int
    protocol: str
    port: int | None
    outcome: Outcome
    connections: int


class Selection:
    """The edges of a choice in an open store. ``parties`` are their ends, sorted by what they are."""

    def __init__(
        self, storage: Storage, choice: Choice, known: tuple[Sequence[int], Sequence[Party]] | None = None
    ) -> None:
        self._storage = storage
        self.choice = choice
        self._numbers, self.parties = known or used_parties(storage, chosen(storage, choice))

    def of_cluster(self, name: str, parties: Sequence[Party]) -> Selection:
        """The edges of one cluster (see :class:`Choice`); ``parties`` stand in the place of these, in their order."""
        return Selection(self._storage, replace(self.choice, cluster=name), (self._numbers, parties))

    @cached_property
    def coverage(self) -> Coverage:
        """What there is evidence of, in the window of the choice."""
        return coverage(self._storage, self.choice)

    def hours(self) -> list[HourOf]:
        """Connections by hour and outcome. Of an edge no more are reset in an hour than it has connections then."""
        storage = self._storage
        hourly = in_window(storage.table("hourly"), self.choice)
        if not self.choice.all_edges:
            hourly = hourly.semi_join(chosen(storage, self.choice), PAIR_AND_OUTCOME)
        counted = hourly.group_by("hour", "outcome").agg(connections=hourly.connections.sum().cast("int64"))
        details = storage.table("edge_details")
        resets = details.filter(details.kind == RESET)
        number = [resets.value.re_extract(r"^\[([0-9]+),([0-9]+),", group).cast("int64") for group in (1, 2)]
        resets = resets.select(*PAIR_AND_OUTCOME, hour=number[0], number=number[1])
        both = hourly.join(resets, [*PAIR_AND_OUTCOME, "hour"])
        moved = both.group_by("hour", "outcome").agg(
            reset=_lesser(both.number, both.connections).sum().cast("int64")
        )  # fmt: skip
        reset = {(row["hour"], row["outcome"]): row["reset"] for row in storage.fetch(moved).to_pylist()}
        return [
            HourOf(hour, Outcome(outcome), row["connections"], reset.get((hour, outcome), 0))
            for row in storage.fetch(counted.order_by("hour", "outcome")).to_pylist()
            for hour, outcome in ((row["hour"], row["outcome"]),)
        ]

    def links(self, labels: Sequence[int]) -> list[LinkOf]:
        """Connections between labels, of which ``labels`` has one for each party, by its place."""
        edges = self._placed("links", labels)
        keys = ("source_end", "destination_end", "protocol", "port", "outcome")
        found = edges.group_by(*keys).agg(connections=edges.connections.sum().cast("int64"))
        rows = self._storage.fetch(found.order_by(*keys)).to_pylist()
        return [
            LinkOf(
                row["source_end"],
                row["destination_end"],
                row["protocol"],
                None if row["port"] == NO_PORT else row["port"],
                Outcome(row["outcome"]),
                row["connections"],
            )
            for row in rows
        ]

    def calls(self, ends: Sequence[int]) -> Calls:
        """The edges by call; ``ends`` has the number of an end for each party, by its place."""
        return Calls(self, self._storage, self._placed("calls", ends))

    def _placed(self, name: str, ends: Sequence[int]) -> ir.Table:
        places = keep_places(self._storage, f"places_of_{name}", self._numbers, ends)
        return self._storage.keep(f"edges_of_{name}", with_places(chosen(self._storage, self.choice), places))

    def read(self, edges: ir.Table) -> EdgeSet:
        """Some of the placed edges, whole."""
        storage = self._storage
        keys = ("source_place", "destination_place", *PAIR_AND_OUTCOME[2:])
        some = storage.keep("some", edges)
        found = storage.fetch(some.order_by(*keys))
        read = columns_of(found, self.parties, *(found.column(name).to_pylist() for name in keys[:2]))
        read.coverage = self.coverage
        read.edges = whole_edges(storage, self.choice, found, read, some)
        return read


class Calls:
    """The edges of a selection by call."""

    def __init__(self, selection: Selection, storage: Storage, edges: ir.Table) -> None:
        self.selection = selection
        self._storage = storage
        self._edges = edges

    def totals(self) -> Totals:
        """How many there are."""
        calls = self._edges.select(*CALL).distinct()
        sums = self._edges.agg(connections=self._edges.connections.sum().fill_null(0).cast("int64"))
        return Totals(self._one(calls.agg(number=calls.count())), self._one(sums))

    def _one(self, found: ir.Table) -> int:
        return int(self._storage.fetch(found).column(0)[0].as_py())

    def unusual(self, reason: str) -> EdgeSet:
        """All edges of the calls that may not always have done what they were opened for.

        They were stopped, failed or were reset, nothing came back, or a record of them has this ``reason``.
        """
        edges, details = self._edges, self._storage.table("edge_details")
        telling = details.filter((details.kind == RESET) | ((details.kind == "reason") & (details.value == reason)))
        unanswered = (edges.octets > 0) & (edges.octets_back == 0)
        parts = [
            edges.filter(edges.outcome.isin([*_STOPPED, Outcome.AUDITED.value, Outcome.FAILED.value])),
            edges.filter((edges.outcome == Outcome.ALLOWED.value) & (edges.protocol == "TCP") & unanswered),
            edges.semi_join(telling, PAIR_AND_OUTCOME),
        ]
        return self._of(parts[0].select(*CALL).union(parts[1].select(*CALL)).union(parts[2].select(*CALL)))

    def turning(self) -> EdgeSet:
        """All edges of the calls that were stopped as well as let through."""
        passed, stopped = (self._with(outcomes).select(*CALL) for outcomes in (_PASSED, _STOPPED))
        return self._of(stopped.semi_join(passed, CALL))

    def of(self, calls: pa.Table) -> EdgeSet:
        """All edges of these calls, by the columns of :data:`CALL`."""
        return self._of(self._storage.keep("asked", calls))

    def _of(self, calls: ir.Table) -> EdgeSet:
        return self.selection.read(self._edges.semi_join(self._storage.keep("calls", calls.distinct()), CALL))

    def answered(self) -> set[tuple[int, int]]:
        """Pairs of ends of which the first opened connections to the second that passed.

        Only those are told of which the second is said to have opened some that were stopped, by a guess.
        """
        stopped = self._with(_STOPPED)
        stopped = stopped.filter(stopped.guessed)
        back = stopped.select(source_end=stopped.destination_end, destination_end=stopped.source_end).distinct()
        passed = self._with(_PASSED).semi_join(back, CALL[:2]).select(*CALL[:2]).distinct()
        rows = self._storage.fetch(passed)
        return set(zip(*(rows.column(name).to_pylist() for name in CALL[:2]), strict=True))

    def allowed(self) -> pa.Table:
        """The calls that were allowed, not only audited, by the columns of :data:`CALL`."""
        return self._storage.fetch(self._with([Outcome.ALLOWED.value]).select(*CALL).distinct())

    def _with(self, outcomes: list[str]) -> ir.Table:
        return self._edges.filter(self._edges.outcome.isin(outcomes))


def _lesser(one: Any, other: Any) -> Any:
    import ibis

    return ibis.least(one, other)
