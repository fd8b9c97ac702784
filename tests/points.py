"""Enough points to compare two evaluators exactly: one of each interval that nothing cuts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.model.addresses import V4_MAX, V6_BASE, V6_MAX
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import AddressPeer, NamePeer, PolicySet, Rule, leaves
from ringfence.model.ports import MAX_PORT, MIN_PORT, AnyProtocol, Icmp, NamedPort, Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint


def port_points(snapshot: Snapshot, policy_set: PolicySet, *, icmp: bool = True) -> list[tuple[AnyProtocol, int]]:
    """One port of every interval that no rule and no container port cuts, for every protocol; messages of ICMP, too."""
    cuts: dict[AnyProtocol, set[int]] = {protocol: {MIN_PORT} for protocol in Protocol}
    cuts |= {family: {0} for family in Icmp if icmp}
    for rule in _rules(policy_set):
        for entry in rule.ports or ():
            if not isinstance(entry, NamedPort) and entry.protocol in cuts:
                cuts[entry.protocol] |= {entry.lo, entry.hi + 1}
    for pod in snapshot.pods:
        for port in pod.ports:
            cuts[port.protocol] |= {port.number, port.number + 1}
    if all(cuts.get(family) == {0} for family in Icmp):
        del cuts[Icmp.ICMPV6]  # where no rule names either, one family is as good as two
    return [(protocol, port) for protocol, found in cuts.items() for port in sorted(found) if port <= MAX_PORT]


def addresses(snapshot: Snapshot, policy_set: PolicySet) -> Iterator[AddressEndpoint]:
    """The lowest address of every interval that no rule and no node cuts, of both families."""
    cuts = {0, V6_BASE}
    for rule in _rules(policy_set):
        for peer in leaves((*(rule.peers or ()), *((rule.only,) if rule.only is not None else ()))):
            if isinstance(peer, AddressPeer | NamePeer):
                cuts |= {point for lo, hi in peer.addresses or () for point in (lo, hi + 1)}
    nodes = {address: node.name for node in snapshot.nodes for address in node.addresses}
    cuts |= {point for address in nodes for point in (address, address + 1)}
    for point in sorted(cuts):
        if point <= V4_MAX or V6_BASE <= point <= V6_MAX:
            yield AddressEndpoint(point, nodes.get(point, ""))


def endpoints(snapshot: Snapshot, policy_set: PolicySet) -> list[Endpoint]:
    """Every pod, and an address of every kind."""
    return [*snapshot.pods, *addresses(snapshot, policy_set)]


def pairs(ends: Iterable[Endpoint]) -> Iterator[tuple[Endpoint, Endpoint]]:
    """All ordered pairs with a pod at one end at least, a pod with itself included."""
    listed = list(ends)
    for source in listed:
        for destination in listed:
            if isinstance(source, Pod) or isinstance(destination, Pod):
                yield source, destination


def _rules(policy_set: PolicySet) -> Iterator[Rule]:
    for policy in policy_set.policies():
        yield from (*policy.egress, *policy.ingress)
