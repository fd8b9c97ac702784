"""A simulation: its connections, its logs in any format, and what really happened."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ringfence.engine import Engine
from ringfence.model.objects import Snapshot
from ringfence.simulate.backends import Ends
from ringfence.simulate.connection import Connection, Instance
from ringfence.simulate.loss import Loser, LossLaw
from ringfence.simulate.plan import Plan
from ringfence.simulate.roster import Roster, hires
from ringfence.simulate.traffic import Traffic
from ringfence.simulate.truth import Truth
from ringfence.simulate.wiring import wire
from ringfence.simulate.writers.registry import FORMATS
from ringfence.simulate.writers.writer import Cast, Record, Writer
from ringfence.survey import survey


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of one node's log, without its newline. ``node`` is empty for sources that write one log for all."""

    node: str
    text: str


@dataclass(frozen=True)
class Simulation:
    """Traffic of one plan over one snapshot. Each question makes the same traffic again, so nothing is kept in memory.

    ``traffic`` and ``roster`` are made by :func:`simulate`.
    """

    plan: Plan
    snapshot: Snapshot
    roster: Roster
    traffic: Traffic = field(repr=False)

    def service_address(self, namespace: str, name: str) -> str:
        """The cluster address of a Service of the snapshot; empty for a headless one."""
        return self.traffic.ends.service_address(namespace, name)

    def connections(self) -> Iterator[Connection]:
        """Every connection, in the order of time."""
        return self.traffic.connections()

    @cached_property
    def truth(self) -> Truth:
        """What really happened, and nothing lost."""
        truth = Truth(self.roster)
        for connection in self.connections():
            truth.note(connection)
        return truth

    def records(
        self, format_name: str = "hubble", loss: LossLaw | None = None, truth: Truth | None = None
    ) -> Iterator[LogLine]:
        """The lines of all nodes' logs, in the order of time. ``truth`` is told what happened and what was lost.

        Raises:
            KeyError: there is no such format.
        """
        chosen = FORMATS[format_name]
        writer = chosen.make(Cast(self.plan.seed, self._identity, self._node_address))
        return _Log(writer, Loser(chosen.loss if loss is None else loss, self.plan.seed), truth).lines(
            self.connections(), self.plan.end
        )

    def _identity(self, instance: Instance) -> int:
        return self._numbers[id(instance)]

    def _node_address(self, name: str) -> str:
        node = self.roster.node(name)
        return node.address if node is not None else ""

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {id(instance): number for number, instance in enumerate(self.roster.instances())}


def simulate(
    snapshot: Snapshot, engine: Engine, plan: Plan | None = None, *, later: Sequence[tuple[float, Engine]] = ()
) -> Simulation:
    """Traffic for a snapshot, judged by its policies.

    ``later`` are policies that come into force afterwards: each an engine and the hours after the start.

    Raises:
        QueryError: the plan names a workload or Service that the snapshot doesn't have.
    """
    plan = plan or Plan()
    known = survey(snapshot)
    roster = hires(snapshot, plan)
    ends = Ends(snapshot, known, plan, roster)
    engines = [(plan.start, engine), *((plan.start + hours * 3600, other) for hours, other in later)]
    return Simulation(plan, snapshot, roster, Traffic(snapshot, plan, ends, wire(snapshot, known, plan), engines))


class _Log:
    """Puts records into the order of time, loses some, and numbers the rest."""

    def __init__(self, writer: Writer, loser: Loser, truth: Truth | None) -> None:
        self._writer = writer
        self._loser = loser
        self._truth = truth
        self._waiting: list[tuple[float, int, Record]] = []
        self._pushed = 0
        self._numbers: dict[str, int] = {}
        self._lost: dict[tuple[str, str], int] = {}
        self._seen: set[int] = set()

    def lines(self, connections: Iterator[Connection], end: float) -> Iterator[LogLine]:
        for connection in connections:
            yield from self._ready(connection.time)
            if self._truth is not None:
                self._truth.note(connection)
            for record in self._writer.records(connection):
                self._push(record)
            for record in self._writer.flush(connection.time):
                self._push(record)
        yield from self._ready(end)
        for record in self._writer.flush(float("inf")):
            self._push(record)
        yield from self._ready(float("inf"))

    def _push(self, record: Record) -> None:
        heapq.heappush(self._waiting, (record.time, self._pushed, record))
        self._pushed += 1

    def _ready(self, until: float) -> Iterator[LogLine]:
        while self._waiting and self._waiting[0][0] <= until:
            time, _, record = heapq.heappop(self._waiting)
            node = record.node
            number = self._numbers[node] = self._numbers.get(node, 0) + 1
            if number == 1:
                header = self._writer.header(node)
                if header:
                    yield LogLine(node, header)
            why = self._loser.why(node, time)
            if why:
                self._lost[node, why] = self._lost.get((node, why), 0) + 1
                if self._truth is not None:
                    self._truth.lose(node, why)
                continue
            yield from self._admitted(node, time)
            self._note(record)
            yield LogLine(node, self._writer.line(record, number))

    def _admitted(self, node: str, time: float) -> Iterator[LogLine]:
        """What the source says of the records that it lost since its last one."""
        for owner, why in [key for key in self._lost if key[0] == node]:
            said = self._writer.lost(node, time, why, self._lost.pop((owner, why)))
            if said:
                yield LogLine(node, said)

    def _note(self, record: Record) -> None:
        if self._truth is None:
            return
        for connection in record.connections:
            if connection.number not in self._seen:
                self._seen.add(connection.number)
                self._truth.see(connection)
