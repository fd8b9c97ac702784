"""Connections in the order of time: calls at random moments, DNS before them, and what policies make of them."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from random import Random

from ringfence.engine import Engine
from ringfence.model.flow import Direction, EndKind, Outcome
from ringfence.model.objects import Snapshot
from ringfence.model.ports import Protocol
from ringfence.simulate.backends import Ends
from ringfence.simulate.connection import Connection, End, Purpose, Query, ServiceEnd, Side
from ringfence.simulate.judging import Arbiter
from ringfence.simulate.plan import Plan
from ringfence.simulate.resolving import Resolver
from ringfence.simulate.wiring import Call

_INTERNAL_TTL = 3600.0
"""Names of Services are asked for once an hour by each pod: clients keep their connections and their answers."""
_ATTEMPTS = 2
"""SYNs that a client sends where nothing answers."""


class Traffic:
    """The connections of one plan. ``engines`` are the policies from each moment on, in the order of time."""

    def __init__(
        self,
        snapshot: Snapshot,
        plan: Plan,
        ends: Ends,
        calls: Sequence[Call],
        engines: Sequence[tuple[float, Engine]],
    ) -> None:
        self._plan = plan
        self.ends = ends
        self._calls = calls
        self._since = [moment for moment, _ in engines]
        self._arbiters = [Arbiter(engine) for _, engine in engines]
        self._resolver = Resolver(plan, snapshot.names)
        self._rng = Random()  # noqa: S311 - traffic to be repeated, not secrets
        self._cached: dict[tuple[str, str], float] = {}
        self._made = 0

    def connections(self) -> Iterator[Connection]:
        """Every connection, sorted by time within each hour."""
        self._rng.seed(f"{self._plan.seed}:traffic")
        self._cached, self._made = {}, 0
        for hour in range(math.ceil(self._plan.hours)):
            made = [
                connection
                for time, call in sorted(self._moments(hour), key=lambda moment: moment[0])
                for connection in self._call(time, call)
            ]
            made.sort(key=lambda connection: connection.time)
            yield from made

    def _moments(self, hour: int) -> Iterator[tuple[float, Call]]:
        begin = self._plan.start + hour * 3600
        end = min(begin + 3600, self._plan.end)
        of_day = int(begin % 86_400 // 3600)
        for call in self._calls:
            if call.hours and of_day not in call.hours:
                continue
            if call.purpose is Purpose.CRON:
                yield from self._runs(call, begin, end)
                continue
            factor = _by_day(of_day) if call.purpose in (Purpose.APPLICATION, Purpose.EXTERNAL) else 1.0
            rate = call.rate * factor / 3600
            time = begin + self._rng.expovariate(rate) if rate else end
            while time < end:
                yield time, call
                time += self._rng.expovariate(rate)

    def _runs(self, call: Call, begin: float, end: float) -> Iterator[tuple[float, Call]]:
        """A job calls what it needs a few times in each run."""
        for instance in self.ends.roster.by_workload.get(call.source, []) if call.source else []:
            if begin <= instance.start < end:
                length = min(instance.end, self._plan.end) - instance.start
                for _ in range(3):
                    yield instance.start + self._rng.random() * length * 0.9, call

    def _call(self, time: float, call: Call) -> Iterator[Connection]:
        reached = self.ends.choose(call, time, self._rng)
        if reached is None:
            return
        source, destination, port, service = reached
        if call.host:
            answer = self._resolver.ask(call.host, time)
            resolved = yield from self._resolve(source, answer, time, answer.ttl)
            if not resolved:
                return
            address = self._rng.choice(answer.addresses)
            destination = End(EndKind.EXTERNAL, address, names=(call.host,))
        elif service is not None:
            name = f"{service.name}.{service.namespace}.svc.cluster.local"
            answer = Query(name, (service.address,) if service.address else (destination.address,))
            resolved = yield from self._resolve(source, answer, time, _INTERNAL_TTL)
            if not resolved:
                return
        yield self._connect(time, call.purpose, source, destination, call.protocol, port, service, call.intended)

    def _resolve(self, source: End, answer: Query, time: float, keeps: float) -> Generator[Connection, None, bool]:
        """Asks the cluster's DNS unless the pod knows the answer. Returns whether the name could be resolved."""
        key = (source.address, answer.name)
        if self._cached.get(key, 0.0) > time:
            return True
        server = self.ends.dns(source, time, self._rng)
        if server is None:
            return True
        destination, port, service = server
        asked = self._connect(
            time - self._rng.uniform(0.002, 0.02), Purpose.DNS, source, destination, Protocol.UDP, port, service,
            True, query=answer,
        )  # fmt: skip
        yield asked
        if asked.outcome is not Outcome.ALLOWED:
            return False
        self._cached[key] = time + keeps
        return True

    def _connect(
        self,
        time: float,
        purpose: Purpose,
        source: End,
        destination: End,
        protocol: Protocol,
        port: int,
        service: ServiceEnd | None,
        intended: bool,
        *,
        query: Query | None = None,
    ) -> Connection:
        rng = self._rng
        egress, ingress = self._arbiter(time).judge(source, destination, protocol, port)
        dropped = self._dropped(source, destination, egress, ingress)
        outcome = Outcome.ALLOWED if dropped is None else Outcome.REJECTED if self._plan.reject else Outcome.DENIED
        answered = dropped is None and self.ends.listens(destination, protocol, port, time)
        sends = rng.randint(300, 4_000) if answered else 60
        self._made += 1
        return Connection(
            number=self._made,
            time=time,
            duration=round(rng.uniform(0.002, 2.0), 6) if answered else 0.0,
            source=source,
            destination=destination,
            protocol=protocol.name,
            source_port=rng.randint(32_768, 60_999),
            port=port,
            purpose=purpose,
            intended=intended,
            outcome=outcome,
            dropped=dropped,
            egress=egress,
            ingress=ingress,
            service=service,
            query=query if answered or query is None else Query(query.name),
            answered=answered,
            attempts=_ATTEMPTS if outcome is Outcome.DENIED else 1,
            octets=sends if query is None else 80,
            octets_back=(rng.randint(200, 20_000) if query is None else 160) if answered else 0,
            application="GET /" if purpose is Purpose.PROBE else "",
        )

    def _arbiter(self, time: float) -> Arbiter:
        return self._arbiters[max(0, bisect_right(self._since, time) - 1)]

    def _dropped(self, source: End, destination: End, egress: Side, ingress: Side) -> Direction | None:
        """Where the packets are stopped: nowhere on nodes whose agent doesn't enforce."""
        idle = self._plan.not_enforced
        if not egress.allowed and source.node not in idle:
            return Direction.EGRESS
        if not ingress.allowed and destination.node not in idle:
            return Direction.INGRESS
        return None


def _by_day(hour: int) -> float:
    """The share of the mean rate at an hour of the day: 0.4 at 2 o'clock, 1.6 at 14."""
    return 1.0 + 0.6 * math.cos((hour - 14) / 24 * 2 * math.pi)
