"""Does this peer mean this endpoint? The rules of matching, one predicate a kind of peer."""

from __future__ import annotations

from ringfence.engine.facts import Facts
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod
from ringfence.model.policy import (
    AddressPeer,
    AllPeers,
    AnyPeer,
    NamePeer,
    NodePeer,
    NotPeer,
    Peer,
    PodPeer,
    Rule,
    SameNodePeer,
)
from ringfence.model.ports import ContainerPort, PortSet, resolve_ports
from ringfence.model.verdict import Endpoint


def pod_matches(peer: PodPeer, endpoint: Endpoint, facts: Facts) -> bool:
    """True where ``peer`` selects the endpoint: a pod, and not of the host network."""
    if not isinstance(endpoint, Pod) or endpoint.host_network:
        return False
    if peer.namespace is not None:
        if endpoint.namespace != peer.namespace:
            return False
    elif not peer.namespaces.matches(facts.namespace_labels(endpoint.namespace)):
        return False
    return peer.pods.matches(facts.labels_for(peer.pods, endpoint))


def address_matches(addresses: AddressSet, endpoint: Endpoint, *, pods: bool) -> bool:
    """True where an address of the endpoint is in the set.

    ``pods`` tells whether addresses of pods count; those of host-network pods, which are their node's, always do.
    """
    if isinstance(endpoint, Pod):
        return (pods or endpoint.host_network) and any(address in addresses for address in endpoint.addresses)
    return endpoint.address in addresses


def is_node(endpoint: Endpoint, facts: Facts) -> bool:
    """True for a node's address, and for a host-network pod, which acts as its node."""
    if isinstance(endpoint, Pod):
        return endpoint.host_network
    return bool(endpoint.node) or endpoint.address in facts.node_of_address


def peer_matches(peer: Peer, endpoint: Endpoint, facts: Facts, subject: Endpoint) -> bool:
    """True where the peer matches the endpoint, or, for a name that no record resolves, may match it.

    ``subject`` is the end that the rule guards; only :class:`SameNodePeer` looks at it.
    """
    match peer:
        case PodPeer():
            return pod_matches(peer, endpoint, facts)
        case AddressPeer():
            if not peer.nodes and is_node(endpoint, facts):
                return False
            return address_matches(peer.addresses, endpoint, pods=peer.pods)
        case NodePeer():
            if peer.nodes == EVERYTHING:
                return is_node(endpoint, facts)
            return address_matches(facts.node_addresses(peer.nodes), endpoint, pods=False)
        case SameNodePeer():
            return is_node(endpoint, facts) and _same_node(endpoint, subject, facts) is peer.same
        case NamePeer():
            if isinstance(endpoint, Pod) or is_node(endpoint, facts):
                return False
            return peer.addresses is None or endpoint.address in peer.addresses
        case AllPeers(parts):
            return all(peer_matches(part, endpoint, facts, subject) for part in parts)
        case AnyPeer(parts):
            return any(peer_matches(part, endpoint, facts, subject) for part in parts)
        case NotPeer(part):
            return not peer_matches(part, endpoint, facts, subject)


def _same_node(endpoint: Endpoint, subject: Endpoint, facts: Facts) -> bool:
    return isinstance(subject, Pod) and facts.on_same_node(endpoint, subject)


def rule_ports(rule: Rule, destination: Endpoint) -> PortSet:
    """The ports of a rule towards this destination; names resolve on a pod, and mean nothing on an address."""
    return resolve_ports(rule.ports, container_ports(destination))


def container_ports(endpoint: Endpoint) -> tuple[ContainerPort, ...]:
    """The ports that named ports resolve on: a pod's own.

    None for an address, and none for a host-network pod, which acts as its node's address.
    """
    return endpoint.ports if isinstance(endpoint, Pod) and not endpoint.host_network else ()


def is_self(source: Endpoint, destination: Endpoint) -> bool:
    """True for a pod and itself. A planned pod stands for all replicas, which are judged as different pods."""
    return source == destination and not (isinstance(source, Pod) and source.planned)
