"""What of a workload's allowed connections is used, what never was, and what is denied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ringfence.explain.evidence import Evidence, evidence
from ringfence.flows.edges import EdgeSet
from ringfence.model.addresses import AddressSet
from ringfence.model.errors import EndpointError
from ringfence.model.objects import Snapshot
from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.observe.calls import Call
from ringfence.observe.usage import Usage, Used
from ringfence.reach.report import Connection, ReachEnd
from ringfence.render import flows_evidence
from ringfence.render.external import addresses_of, describe
from ringfence.render.json_values import Json, document
from ringfence.render.lines import ports

USED: Final = "used"
UNUSED: Final = "unused"
DENIED: Final = "denied"

_NO_ADDRESSES: Final = AddressSet()


@dataclass(frozen=True, slots=True)
class Use:
    """One other end. ``allowed`` are the ports that policies allow, ``seen`` what was recorded, most used first.

    ``idle`` are allowed ports on which nothing passed.
    """

    peer: str
    allowed: PortSet
    seen: tuple[Usage, ...]
    idle: PortSet

    @property
    def state(self) -> str:
        """``denied`` where something was denied when it was last tried, ``used`` where something passed."""
        if any(usage.passes is False for usage in self.seen):
            return DENIED
        return USED if any(usage.passed for usage in self.seen) else UNUSED


@dataclass(frozen=True, slots=True)
class WorkloadUse:
    """``outgoing`` connections are those that the workload opens, ``incoming`` those that it serves."""

    workload: str
    outgoing: tuple[Use, ...]
    incoming: tuple[Use, ...]
    evidence: Evidence


def workload_use(workload: str, edges: EdgeSet, snapshot: Snapshot, connections: Iterable[Connection]) -> WorkloadUse:
    """What is used of ``connections``, those that policies allow; ``workload`` is ``namespace/Kind/name``.

    Raises:
        EndpointError: there is no such workload.
    """
    if workload not in map(str, snapshot.workloads()):
        raise EndpointError(f"There is no workload {workload!r}: write namespace/Kind/name.")
    used = Used(edges, snapshot)
    outgoing: list[tuple[ReachEnd, PortSet]] = []
    incoming: list[tuple[ReachEnd, PortSet]] = []
    for each in connections:
        if each.src.name == workload:
            outgoing.append((each.dst, each.ports))
        if each.dst.name == workload:
            incoming.append((each.src, each.ports))
    called = [(call, call.ends[1]) for call in used.calls if workload in used.names(call.ends[0])]
    callers = [(call, call.ends[0]) for call in used.calls if workload in used.names(call.ends[1])]
    return WorkloadUse(
        workload,
        tuple(sorted(_uses(used, called, outgoing), key=_order)),
        tuple(sorted(_uses(used, callers, incoming), key=_order)),
        evidence(edges.coverage, snapshot, edges.parties),
    )


def _uses(used: Used, calls: list[tuple[Call, int]], allowed: list[tuple[ReachEnd, PortSet]]) -> Iterator[Use]:
    """Workloads of the cluster one by one; addresses outside as policies tell them apart, and others that were seen."""
    peers: dict[str, PortSet] = {}
    outside: dict[PortSet, AddressSet] = {}
    for peer, its_ports in allowed:
        addresses = addresses_of(peer) if peer.external else None
        if addresses is None:
            peers[peer.name] = peers.get(peer.name, NO_PORTS) | its_ports
        else:
            outside[its_ports] = outside.get(its_ports, _NO_ADDRESSES) | addresses
    inside: dict[str, list[Call]] = {name: [] for name in peers}
    beyond: dict[PortSet, list[Call]] = {each: [] for each in outside}
    for call, number in calls:
        end = used.ends.ends[number]
        points = [each.address for each in end.end.endpoints if isinstance(each, AddressEndpoint)]
        matching = [
            each for each, addresses in outside.items() if _has(each, call) and any(map(addresses.__contains__, points))
        ]
        for each in matching:
            beyond[each].append(call)
        if not matching:
            for name in (end.name,) if points else used.names(number):
                inside.setdefault(name, []).append(call)
    for name, members in inside.items():
        yield _use(used, name, peers.get(name, NO_PORTS), members)
    for its_ports, members in beyond.items():
        yield _use(used, describe(outside[its_ports]), its_ports, members)


def _use(used: Used, peer: str, allowed: PortSet, calls: list[Call]) -> Use:
    seen = sorted(map(used.usage, calls), key=lambda usage: (-usage.tried, usage.protocol, usage.port or 0))
    passed = NO_PORTS
    for usage in seen:
        if usage.passed and usage.port and usage.protocol in Protocol.__members__:
            passed |= PortSet.point(Protocol[usage.protocol], usage.port)
    return Use(peer, allowed, tuple(seen), allowed - passed)


def _has(allowed: PortSet, call: Call) -> bool:
    if not call.port or call.protocol not in Protocol.__members__:
        return False
    return allowed.has(Protocol[call.protocol], call.port)


def _order(use: Use) -> tuple[object, ...]:
    return (DENIED, USED, UNUSED).index(use.state), -sum(usage.tried for usage in use.seen), use.peer


def render(found: WorkloadUse) -> str:
    """The FlowWorkloadReport."""
    body = document(
        "FlowWorkloadReport",
        workload=found.workload,
        outgoing=[_json(use) for use in found.outgoing],
        incoming=[_json(use) for use in found.incoming],
        evidence=flows_evidence.as_json(found.evidence),
    )
    return json.dumps(body, indent=2) + "\n"


def _json(use: Use) -> Json:
    return {
        "peer": use.peer,
        "state": use.state,
        "allowed": ports(use.allowed) if use.allowed else "",
        "unused": ports(use.idle) if use.idle else "",
        "seen": [
            {
                "protocol": usage.protocol,
                "port": usage.port,
                "passed": usage.passed,
                "denied": usage.denied,
                "other": usage.other,
                "lastPassed": flows_evidence.stamp(usage.last_passed),
                "lastDenied": flows_evidence.stamp(usage.last_denied),
            }
            for usage in use.seen
        ],
    }
