"""What one set of policies says of recorded connections, one by one; replays of many are judged in columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ringfence.engine import Engine
from ringfence.explain.endpoints import Target
from ringfence.explain.pair_kinds import pair_kinds
from ringfence.explain.recorded import Basis, RecordedEnd, RecordedEnds
from ringfence.explain.recorded_reasons import Reason, Reasons, Standing, on_condition
from ringfence.model.errors import EndpointError
from ringfence.model.policy import PolicySet
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, Icmp, Protocol, message


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """What policies say. ``standing`` is None where they can't be asked, and ``why_not`` says why, as a clause."""

    standing: Standing | None
    reasons: tuple[Reason, ...] = ()
    pairs: int = 0
    failing: int = 0
    why_not: str = ""


class RecordedJudge:
    """Judges calls between the ends of parties; what is asked again is remembered."""

    def __init__(self, ends: RecordedEnds, policies: PolicySet) -> None:
        self.ends = ends
        self._policies = policies
        self._known: dict[tuple[int, int, str, int | None], RecordedVerdict] = {}

    @cached_property
    def engine(self) -> Engine:
        """The engine, built at the first question."""
        return Engine.build(self.ends.snapshot, self._policies)

    @cached_property
    def _reasons(self) -> Reasons:
        return Reasons(self.engine)

    def verdict(self, source: int, destination: int, protocol: str, port: int | None) -> RecordedVerdict:
        """What is said of a connection between two ends, by their numbers."""
        key = source, destination, protocol, port
        if key not in self._known:
            self._known[key] = self._judged(self.ends.ends[source], self.ends.ends[destination], protocol, port)
        return self._known[key]

    def _judged(self, start: RecordedEnd, end: RecordedEnd, protocol: str, port: int | None) -> RecordedVerdict:
        if why_not := start.why_not or end.why_not:
            return RecordedVerdict(None, why_not=why_not)
        if start.basis is Basis.SERVICE:
            return RecordedVerdict(None, why_not=SERVICE_SOURCE)
        asked = PROTOCOLS.get(protocol)
        if asked is None:
            return RecordedVerdict(None, why_not=NO_PORTS)
        point = point_of(asked, port)
        if point is None:
            return RecordedVerdict(None, why_not=NO_PORT)
        try:
            targets = self._targets(end, asked, point)
        except EndpointError as error:
            return RecordedVerdict(None, why_not=str(error).rstrip("."))
        if any(start.may_run(each.endpoint) for each in targets):
            return RecordedVerdict(Standing.ALLOWED)
        engine = self._icmp if isinstance(asked, Icmp) else self.engine
        kinds = list(pair_kinds(engine, start.end.endpoints, targets))
        failing = [
            kind for kind in kinds if not engine.allowed(kind.source, kind.target.endpoint).has(asked, kind.target.port)
        ]
        counts = sum(kind.count for kind in kinds), sum(kind.count for kind in failing)
        if not failing:
            return RecordedVerdict(Standing.ALLOWED, (), *counts)
        if all(self._reasons.is_possible(kind, asked) for kind in failing):
            reasons = on_condition(self._reasons.conditional(failing, asked))
            return RecordedVerdict(Standing.UNSURE, reasons, *counts)
        return RecordedVerdict(Standing.DENIED, self._reasons.denying(failing, asked), *counts)

    @cached_property
    def _icmp(self) -> Engine:
        return self.engine.with_icmp()

    def _targets(self, end: RecordedEnd, protocol: AnyProtocol, port: int) -> tuple[Target, ...]:
        if end.basis is Basis.SERVICE and isinstance(protocol, Protocol):
            return self.ends.endpoints.targets(end.end, protocol, port)
        return tuple(Target(each, port) for each in end.end.endpoints)


PROTOCOLS: dict[str, AnyProtocol] = {str(each): each for each in (*Protocol, *Icmp)}
"""The protocols that policies speak of, by the names that flows have."""


def point_of(protocol: AnyProtocol, port: int | None) -> int | None:
    """The port to judge; of ICMP the message of the type that stands in its place. None where there is none."""
    if port is None:
        return None
    if isinstance(protocol, Icmp):
        return message(port) if message(port) <= MAX_PORT else None
    return port if MIN_PORT <= port <= MAX_PORT else None


SERVICE_SOURCE = "the source is the address of a Service, and no record tells its pod"
NO_PORTS = "the protocol has no ports, and few policies speak of it"
NO_PORT = "no record tells the port"
