"""The assumptions that an answer rests on, each said only where it matters to that answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.engine import Engine
from ringfence.explain.endpoints import describe
from ringfence.explain.istio import notes_on as istio_notes
from ringfence.explain.judge import Group, Judgement, direction_of
from ringfence.explain.services import written
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, AddressPeer, Direction
from ringfence.model.ports import Icmp
from ringfence.model.verdict import AddressEndpoint, DirectionVerdict, Endpoint, Reason

_NETWORK_POLICY = "networking.k8s.io/v1"


def notes_for(judgement: Judgement, engine: Engine | None = None) -> tuple[str, ...]:
    """The notes on one answer, each once, the most telling first.

    With an ``engine`` an allowed connection is also checked for its way back, so that nobody adds a rule for replies.
    """
    found: dict[str, None] = {}
    for note in _notes(judgement, engine):
        found[note] = None
    return tuple(found)


def _notes(judgement: Judgement, engine: Engine | None) -> Iterator[str]:
    yield from judgement.source.notes
    yield from judgement.destination.notes
    yield from _service(judgement)
    for group in judgement.groups:
        yield from _host_network(group)
        yield from _nodes(group)
        yield from _without_address(group)
        yield from istio_notes(group.verdict)
        yield from _icmp(group)
    yield from _planned(judgement)
    if engine is not None:
        yield from _replies(judgement, engine)


def _service(judgement: Judgement) -> Iterator[str]:
    service = judgement.destination.service
    if service is None:
        return
    if service.headless:
        yield f"{written(service)} is headless: clients connect to the pods themselves, on the pod's port."
        return
    ports = sorted({group.verdict.port for group in judgement.groups})
    if ports and ports != [judgement.port]:
        translated = ", ".join(map(str, ports))
        yield (
            f"{written(service)} translates port {judgement.port} to pod port {translated} before policy is applied: "
            "rules must name the pod port."
        )


def _icmp(group: Group) -> Iterator[str]:
    """Source: "Network Policies" in the Kubernetes documentation, on protocols other than TCP, UDP and SCTP."""
    if not isinstance(group.verdict.protocol, Icmp):
        return
    stages = (stage for side in (group.verdict.egress, group.verdict.ingress) for stage in side.stages)
    if any(policy.ref.api_version == _NETWORK_POLICY for stage in stages for policy in stage.selecting):
        yield (
            "NetworkPolicy says nothing of ICMP: it is judged as Calico, Cilium and OVN-Kubernetes do, allowed to an "
            "isolated pod by rules without ports alone. Other network plugins may differ."
        )


def _host_network(group: Group) -> Iterator[str]:
    source, destination = group.verdict.source, group.verdict.destination
    if isinstance(source, Pod) and source.host_network:
        yield (
            f"{_some(group.sources.values())} on the network of its node: no pod policy limits what it opens, and "
            "rules see the node's address, which only address ranges match."
        )
    if isinstance(destination, Pod) and destination.host_network:
        yield (
            f"{_some(group.destinations.values())} on the network of its node: no pod policy guards it, and rules see "
            "the node's address, which only address ranges match."
        )


def _nodes(group: Group) -> Iterator[str]:
    verdict = group.verdict
    if verdict.ingress.reason is Reason.SAME_NODE:
        yield "A node may always connect to the pods that it runs, whatever policies say."
    if (
        isinstance(verdict.source, Pod)
        and isinstance(verdict.destination, AddressEndpoint)
        and verdict.destination.node
        and not verdict.egress.allowed
    ):
        yield (
            f"{describe(verdict.destination)} is a node. Kubernetes exempts traffic between a pod and its own node, "
            "most network plugins do not: it is judged like any other address."
        )


def _without_address(group: Group) -> Iterator[str]:
    ends = (
        (Direction.EGRESS, group.verdict.destination, group.destinations.values()),
        (Direction.INGRESS, group.verdict.source, group.sources.values()),
    )
    for direction, peer, peers in ends:
        side = direction_of(group.verdict, direction)
        if isinstance(peer, Pod) and not peer.addresses and _asks_for_addresses(side):
            yield f"{_some(peers)} without an address in the input, so no address range can match it."


def _asks_for_addresses(side: DirectionVerdict) -> bool:
    """True where a rule with address ranges, had it matched, would have turned the outcome."""
    turning = (Action.DENY, Action.PASS) if side.allowed else (Action.ALLOW,)
    return any(
        isinstance(peer, AddressPeer)
        for stage in side.stages
        for rule in stage.rules
        if rule.rule.action in turning and not rule.peer_matches and rule.port_matches
        for peer in rule.rule.peers or ()
    )


def _planned(judgement: Judgement) -> Iterator[str]:
    ends = (*judgement.source.endpoints, *judgement.destination.endpoints)
    names = list(dict.fromkeys(str(end) for end in ends if isinstance(end, Pod) and end.planned))
    if names:
        their = "its template makes" if len(names) == 1 else "their templates make"
        yield f"No pod of {' or '.join(names)} is in the input: the answer is for the pods that {their}."


def _replies(judgement: Judgement, engine: Engine) -> Iterator[str]:
    if not judgement.allowed or not judgement.groups:
        return
    verdict = judgement.groups[0].verdict
    if verdict.source != verdict.destination and not engine.allowed(verdict.destination, verdict.source):
        yield (
            f"{judgement.destination.name} may not open connections to {judgement.source.name}. Replies are not "
            "affected: they belong to this connection and always pass."
        )


def _some(endpoints: Iterable[Endpoint]) -> str:
    """``shop/web-0 is``, or ``shop/web-0 and 2 more are``."""
    first, *others = endpoints
    return f"{describe(first)} and {len(others)} more are" if others else f"{describe(first)} is"
