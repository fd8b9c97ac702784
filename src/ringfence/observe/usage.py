"""How often connections between two ends were really seen: for answers that are about what policies say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ringfence.explain.recorded import RecordedEnds
from ringfence.flows.edges import Edge, EdgeSet
from ringfence.model.flow import RecordedRule
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.verdict import Endpoint
from ringfence.observe.calls import PASSED, STOPPED, Call, calls_of, end_of


@dataclass(frozen=True, slots=True)
class Usage:
    """What was seen of one connection, by protocol and port of the pod.

    ``egress`` and ``ingress`` tell which side's records deny it; ``denied_by`` are the policies that they name.
    ``probes`` tells that it is of a node and pods that it may run, such as the kubelet's probes.
    """

    protocol: str
    port: int | None
    passed: int = 0
    denied: int = 0
    other: int = 0
    last_passed: float | None = None
    last_denied: float | None = None
    egress: bool = False
    ingress: bool = False
    denied_by: tuple[RecordedRule, ...] = ()
    probes: bool = False

    @property
    def tried(self) -> int:
        """How often it was opened."""
        return self.passed + self.denied + self.other

    @property
    def passes(self) -> bool | None:
        """Whether it passed when it was last seen to pass or be denied; None where it was neither."""
        if self.last_passed is None and self.last_denied is None:
            return None
        return (self.last_passed or 0.0) > (self.last_denied or 0.0)


class Used:
    """The connections of a store, asked by their ends. Workloads count as one end, with all their pods."""

    def __init__(self, edges: EdgeSet, snapshot: Snapshot) -> None:
        self.coverage = edges.coverage
        self.ends = RecordedEnds(snapshot, edges.parties)
        self.calls = calls_of(edges, self.ends)
        self._calls: dict[tuple[str, str], list[Call]] = {}
        for call in self.calls:
            for start in self.names(call.ends[0]):
                for end in self.names(call.ends[1]):
                    self._calls.setdefault((start, end), []).append(call)

    def between(self, sources: Iterable[Endpoint], destinations: Iterable[Endpoint]) -> tuple[Usage, ...]:
        """What was seen between any of these ends, a usage for each port, most used first."""
        starts, ends = _names(sources), _names(destinations)
        found: dict[tuple[str, int | None], dict[int, Call]] = {}
        for start in starts:
            for end in ends:
                for call in self._calls.get((start, end), ()):
                    found.setdefault((call.protocol, call.port), {})[id(call)] = call
        usages = [self._usage(key, list(calls.values())) for key, calls in found.items()]
        return tuple(sorted(usages, key=lambda usage: (-usage.tried, usage.protocol, usage.port or 0)))

    def names(self, end: int) -> tuple[str, ...]:
        """An end, by its number, as ``why`` takes it."""
        found = self.ends.ends[end]
        return _names(found.end.endpoints, found.name)

    def usage(self, call: Call) -> Usage:
        """What was seen of one call."""
        return self._usage((call.protocol, call.port), [call])

    def _usage(self, key: tuple[str, int | None], calls: Sequence[Call]) -> Usage:
        found = _usage(key, [edge for call in calls for edge in call.edges])
        return replace(found, probes=all(map(self._probes, calls)))

    def _probes(self, call: Call) -> bool:
        source, destination = end_of(self.ends, call)
        return any(map(source.may_run, destination.end.endpoints))


def _names(endpoints: Iterable[Endpoint], otherwise: str = "") -> tuple[str, ...]:
    """The ends by workload, or by address."""
    found = dict.fromkeys(str(end.workload) if isinstance(end, Pod) else str(end) for end in endpoints)
    return tuple(found) or ((otherwise,) if otherwise else ())


def _usage(key: tuple[str, int | None], edges: Sequence[Edge]) -> Usage:
    passed = [edge for edge in edges if edge.outcome in PASSED]
    denied = [edge for edge in edges if edge.outcome in STOPPED]
    return Usage(
        *key,
        passed=sum(edge.connections for edge in passed),
        denied=sum(edge.connections for edge in denied),
        other=sum(edge.connections for edge in edges) - sum(edge.connections for edge in (*passed, *denied)),
        last_passed=max((edge.last for edge in passed), default=None),
        last_denied=max((edge.last for edge in denied), default=None),
        egress=any(edge.egress for edge in denied),
        ingress=any(edge.ingress for edge in denied),
        denied_by=tuple(dict.fromkeys(rule for edge in denied for rule in edge.policies)),
    )
