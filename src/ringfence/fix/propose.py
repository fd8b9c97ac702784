"""The question behind ``ringfence fix``: what to change so that this connection is allowed, or is denied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ringfence.explain.causes import Cause, causes_of
from ringfence.explain.endpoints import End, Endpoints
from ringfence.explain.istio import EGRESS, is_mesh
from ringfence.explain.judge import Judgement, judge
from ringfence.explain.meant import causes_of_access
from ringfence.explain.near_subjects import additive_policies
from ringfence.fix.closing import closing
from ringfence.fix.effects import Connection
from ringfence.fix.named import named_of
from ringfence.fix.search import Fix, allowing, first_found, search
from ringfence.fix.shapes import Port
from ringfence.fix.world import World
from ringfence.model.errors import EndpointError, QueryError
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction
from ringfence.model.ports import Protocol
from ringfence.model.verdict import Reason, Verdict

_DNS = 53
_MESH_EGRESS = (
    "The mesh's registry doesn't list it for this caller: a ServiceEntry, or another host in its Sidecar, allows it "
    '("ringfence generate egress --for istio" writes one).'
)
_MESH = (
    "The mesh denies it in a way that no rule of this tool's changes: the workload has no label of its own, or its "
    "policies can't be edited."
)
_OTHER = {Protocol.UDP: Protocol.TCP, Protocol.TCP: Protocol.UDP}


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The fixes for one connection, best first; all are verified.

    ``causes`` say why it is denied; with ``deny``, which policies should have denied it and why they don't. ``deny``
    tells what was asked for. ``before`` is the answer without any change; where it is already as asked for,
    ``fulfilled`` is true and there are no fixes. ``obstacle`` says why none was found.
    """

    source: End
    destination: End
    protocol: Protocol
    port: int
    deny: bool
    before: Judgement
    causes: tuple[Cause, ...] = ()
    fixes: tuple[Fix, ...] = ()
    fulfilled: bool = False
    obstacle: str = ""


def propose(
    world: World,
    endpoints: Endpoints,
    source: End,
    destination: End,
    port: tuple[Protocol, int],
    *,
    deny: bool = False,
    quick: bool = False,
) -> FixAnswer:
    """Fixes that make ``source`` reach ``port`` of ``destination``, or, with ``deny``, that make it not.

    ``quick`` tries only the few steps that are likeliest, for an answer beside another.

    Raises:
        EndpointError: the destination is a Service without that port.
    """
    before = judge(world.engine, endpoints, source, destination, *port)
    connection = Connection(source.endpoints, endpoints.targets(destination, *port), port[0])
    answer = (source, destination, *port, deny, before)
    # What a fix writes are addresses: those on record.
    called = f"the recorded addresses of {destination.dns}" if destination.dns else destination.name
    if deny:
        if connection.denied(world):
            return FixAnswer(*answer, fulfilled=True)
        fixes = [
            fix
            for direction in Direction
            for fix in search(world, connection, closing(connection, source.name, called, direction), connection.denied)
        ]
        fixes.sort(key=lambda fix: fix.rank)
        why = causes_of_access(world.engine, before, world.writes)
        return FixAnswer(*answer, why, tuple(fixes), obstacle="" if fixes else _still_open(before))
    if before.allowed:
        return FixAnswer(*answer, fulfilled=True)
    policies = additive_policies(world.engine.policy_set)
    causes = causes_of(before, world.engine.facts, endpoints.services, _errors(world, before), policies)
    also = _beside(world, endpoints, source, destination, port)
    expand = allowing(connection, source.name, called, also, named_of(endpoints, destination))
    find = first_found if quick else search
    found = find(world, connection, expand, connection.allowed)
    return FixAnswer(*answer, causes, tuple(found), obstacle="" if found else _still_denied(before))


def _beside(
    world: World, endpoints: Endpoints, source: End, destination: End, port: tuple[Protocol, int]
) -> tuple[Port, ...]:
    """The pods' ports for the other protocol of DNS, where that is denied, too: names need both (RFC 7766)."""
    protocol, number = port
    if number != _DNS or protocol not in _OTHER:
        return ()
    other = _OTHER[protocol]
    try:
        targets = endpoints.targets(destination, other, number)
    except EndpointError:
        return ()
    connection = Connection(source.endpoints, targets, other)
    return () if connection.allowed(world) else tuple(sorted({(other, target.port) for target in targets}))


def _errors(world: World, judgement: Judgement) -> Iterator[Finding]:
    """What is invalid in the policies that isolate either end."""
    refs = {
        policy.ref
        for group in judgement.groups
        for side in (group.verdict.egress, group.verdict.ingress)
        for stage in side.stages
        for policy in stage.selecting
    }
    for ref in sorted(refs, key=str):
        yield from world.errors(world.raw(ref))


def the_port(endpoints: Endpoints, destination: End) -> tuple[Protocol, int]:
    """The one port that a destination declares.

    Raises:
        QueryError: it declares none, or several.
    """
    declared = endpoints.ports(destination)
    if len(declared) == 1:
        return declared[0]
    listed = ", ".join(f"{number}/{protocol}" for protocol, number in declared)
    has = f"declares several ports ({listed})" if declared else "declares no port"
    raise QueryError(f"{destination.name} {has}: name one, such as {destination.text}:443.")


def _still_denied(before: Judgement) -> str:
    verdict = next(group.verdict for group in before.groups if not group.verdict.allowed)
    if verdict.conditional:
        return "It depends on what the input can't show, such as what a name resolves to: no rule here decides it."
    for side in (verdict.egress, verdict.ingress):
        if not side.allowed and is_mesh(side.stages[-1]):
            return _MESH_EGRESS if side.stages[-1].stage == EGRESS else _MESH
    tiers = {side.stages[-1].stage for side in (verdict.egress, verdict.ingress) if not side.allowed}
    if tiers - {"networkpolicy"}:
        return "A cluster-scoped tier denies it, in a way that only that tier's owner can change."
    for end in (verdict.source, verdict.destination):
        if isinstance(end, Pod) and end.host_network and not end.addresses:
            return (
                f"{end} is on the network of its node, where only address ranges match it, and the input has no "
                "address for it: ask with the address instead."
            )
    return "No rule that this tool can write allows it: its ends can't be named, or the policies can't be edited."


def _still_open(before: Judgement) -> str:
    verdict: Verdict = next(group.verdict for group in before.groups)
    reasons = {verdict.egress.reason, verdict.ingress.reason}
    if Reason.SELF in reasons:
        return "A pod may always reach itself: no policy can deny that."
    if Reason.SAME_NODE in reasons:
        return "The node that runs a pod may always connect to it: no policy can deny that."
    if any(isinstance(end, Pod) and end.host_network for end in (verdict.source, verdict.destination)):
        return (
            "An end is on the network of its node, outside pod policy: take it off the host network, or guard the node."
        )
    return "No rule that this tool can write denies it without a label that tells its ends from others."
