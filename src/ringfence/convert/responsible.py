"""Which rules of the input a difference comes of: what allowed a connection that is closed, or denied an opened one."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.convert.report import Responsible
from ringfence.engine import Engine
from ringfence.engine.difference import Ends
from ringfence.explain.words import object_name, rule_number
from ringfence.model.addresses import AddressSet
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint


def responsible(
    before: Engine, sources: Ends, destinations: Ends, opened: PortSet, closed: PortSet
) -> tuple[Responsible, ...]:
    """What decided before, for the first pair of the ends and the first port of each set, which stand for the rest."""
    ends = _first(sources), _first(destinations)
    found: dict[Responsible, None] = {}
    for ports, allowed in ((closed, True), (opened, False)):
        for protocol, port in _one(ports):
            verdict = before.verdict(*ends, protocol, port)
            for side in (verdict.egress, verdict.ingress):
                found.update(dict.fromkeys(_of_side(side, allowed=allowed)))
    return tuple(found)


def _of_side(side: DirectionVerdict, *, allowed: bool) -> Iterator[Responsible]:
    """The rules that decided; for what none of them did, the policies that isolate."""
    if not allowed and side.allowed:
        return
    traces = (*side.deciding, *side.conditional)
    for trace in traces:
        yield Responsible(f"{object_name(trace.policy.ref)}, {rule_number(trace)}", trace.rule.origin)
    if not traces and not side.allowed and side.stages:
        for policy in side.stages[-1].selecting:
            yield Responsible(object_name(policy.ref), policy.origin)


def _first(ends: Ends) -> Endpoint:
    return AddressEndpoint(ends.intervals[0][0]) if isinstance(ends, AddressSet) else ends[0]


def _one(ports: PortSet) -> Iterator[tuple[Protocol, int]]:
    for protocol in Protocol:
        for lo, _ in ports.of_protocol(protocol):
            yield protocol, lo
            return
