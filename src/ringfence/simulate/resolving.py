"""Names outside the cluster, whose addresses move."""

from __future__ import annotations

from random import Random

from ringfence.model.addresses import format_address, parse_cidr
from ringfence.model.names import Names
from ringfence.simulate.connection import Query
from ringfence.simulate.plan import ExternalName, Plan

_RANGES = ("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24")
"""Set aside for examples (RFC 5737)."""


class Resolver:
    """What DNS says at a moment. Recorded answers of the input come before what is made up."""

    def __init__(self, plan: Plan, recorded: Names) -> None:
        self._plan = plan
        self._recorded = recorded
        self._names = {name.host: name for name in plan.names}
        self._answers: dict[tuple[str, int], Query] = {}

    def ask(self, host: str, time: float) -> Query:
        """The answer to a query for a name outside the cluster."""
        name = self._names.get(host)
        if name is None:
            records = self._recorded.of(host)
            if records:
                first = records[0]
                addresses = tuple(format_address(record.address) for record in records)
                return Query(host, addresses, 300 if first.ttl is None else first.ttl, first.chain)
            name = self._names[host] = self._made_up(host)
        epoch = int((time - self._plan.start) // (name.moves * 3600))
        known = self._answers.get((host, epoch))
        if known is None:
            found = dict.fromkeys(_pick(self._plan.seed, name, epoch + number) for number in range(name.addresses))
            known = self._answers[host, epoch] = Query(host, tuple(found), name.ttl, name.chain)
        return known

    def _made_up(self, host: str) -> ExternalName:
        """Every third name is an alias at a provider."""
        rng = Random(f"{self._plan.seed}:{host}")  # noqa: S311 - traffic to be repeated, not secrets
        chain = (f"{host.replace('.', '-')}.edge.cdn.example",) if rng.random() < 0.34 else ()
        return ExternalName(host, (rng.choice(_RANGES),), ttl=rng.choice((30, 60, 300)), chain=chain)


def _pick(seed: int, name: ExternalName, number: int) -> str:
    rng = Random(f"{seed}:{name.host}:{number}")  # noqa: S311 - traffic to be repeated, not secrets
    (low, high), _ = parse_cidr(rng.choice(name.ranges))
    return format_address(rng.randint(min(low + 1, high), max(low, high - 1)))
