"""A slow, obvious evaluator of the policy form: one connection at a time, rule by rule, from the APIs' prose.

It shares only the model's value types with the code under test. Sources of the sentences: NetworkPolicySpec in the
Kubernetes API reference, network-policy-api v1alpha1 and v1alpha2, and the text of ``ringfence.model.policy``.

Choices where the input can't decide:

- An uncertain rule (conditions, or a peer that only a name matches) is read for the *certain* verdict: an allow does
  not match; a deny or a pass denies. A rule whose ordinary peer matches is certain, whatever names stand beside it.
- A name may stand for any address that is neither a pod's nor a node's.
- A host-network pod acts as its node's address, and an address has no named ports.
- A planned pod stands for all replicas, so "to itself" is one replica to another and is judged like any pair.
"""

from __future__ import annotations

from ringfence.model.labels import EVERYTHING, Labels
from ringfence.model.mesh import mesh_mode
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.policy import (
    Action,
    AddressPeer,
    AllPeers,
    AnyPeer,
    Direction,
    NamePeer,
    NodePeer,
    NotPeer,
    Peer,
    PodPeer,
    Policy,
    PolicySet,
    Rule,
    SameNodePeer,
    Stage,
    StageKind,
)
from ringfence.model.ports import AnyProtocol, NamedPort
from ringfence.model.verdict import AddressEndpoint, Endpoint


def allowed(
    snapshot: Snapshot, policy_set: PolicySet, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int
) -> tuple[bool, bool]:
    """``(egress, ingress)``: whether the source may send, and the destination may be sent to."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True, True
    call = (snapshot, policy_set, source, destination, protocol, port)
    return _egress(*call), _ingress(*call)


def _egress(
    snapshot: Snapshot, policy_set: PolicySet, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int
) -> bool:
    if not is_guarded(source):
        return True
    return _layers(snapshot, policy_set, Direction.EGRESS, source, destination, destination, protocol, port)


def _ingress(
    snapshot: Snapshot, policy_set: PolicySet, source: Endpoint, destination: Endpoint, protocol: AnyProtocol, port: int
) -> bool:
    if not is_guarded(destination):
        return True
    assert isinstance(destination, Pod)
    if destination.node and destination.node in nodes_of(snapshot, source):
        return True
    return _layers(snapshot, policy_set, Direction.INGRESS, destination, source, destination, protocol, port)


def is_guarded(endpoint: Endpoint) -> bool:
    """Pod policy applies to pods that have an address of their own."""
    return isinstance(endpoint, Pod) and not endpoint.host_network


def nodes_of(snapshot: Snapshot, endpoint: Endpoint) -> set[str]:
    """The names of the nodes whose traffic this endpoint's traffic is; none for an ordinary pod."""
    if is_guarded(endpoint):
        return set()
    names = {node.name for node in snapshot.nodes for address in addresses_of(endpoint) if address in node.addresses}
    if isinstance(endpoint, Pod) and endpoint.node:
        names.add(endpoint.node)
    return names


def addresses_of(endpoint: Endpoint) -> tuple[int, ...]:
    """The endpoint's addresses; none where the input doesn't say."""
    return (endpoint.address,) if isinstance(endpoint, AddressEndpoint) else endpoint.addresses


def _layers(
    snapshot: Snapshot,
    policy_set: PolicySet,
    direction: Direction,
    guarded: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool:
    for layer in policy_set.layers:
        decision = None
        for stage in layer.stages:
            judge = _ordered if stage.kind is StageKind.ORDERED else _additive
            decision = judge(snapshot, stage, direction, guarded, peer, destination, protocol, port)
            if decision is not None:
                break
        if decision is False:
            return False
    return True


def _additive(
    snapshot: Snapshot,
    stage: Stage,
    direction: Direction,
    guarded: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool | None:
    """Isolated by any policy: what any rule allows, and nothing else. Isolated by none: no decision."""
    selecting = [policy for policy in stage.policies if pod_peer_matches(snapshot, policy.subject, guarded)]
    if not any(direction in policy.isolates for policy in selecting):
        return None
    for policy in selecting:
        for rule in rules_of(policy, direction):
            matched = rule_matches(snapshot, rule, guarded, peer, destination, protocol, port)
            if matched == "certainly" and rule.action is Action.ALLOW:
                return True
    return False


def _ordered(
    snapshot: Snapshot,
    stage: Stage,
    direction: Direction,
    guarded: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> bool | None:
    """The first matching rule decides; LOG goes on; PASS ends the stage without a decision."""
    selected = False
    for policy in sorted(stage.policies, key=lambda policy: policy.order):
        if direction not in policy.isolates or not pod_peer_matches(snapshot, policy.subject, guarded):
            continue
        selected = True
        for rule in rules_of(policy, direction):
            matched = rule_matches(snapshot, rule, guarded, peer, destination, protocol, port)
            if matched == "no" or rule.action is Action.LOG:
                continue
            if matched == "perhaps":
                if rule.action is Action.ALLOW:
                    continue
                return False
            if rule.action is Action.PASS:
                return None
            return rule.action is Action.ALLOW
    return False if selected and stage.default is Action.DENY else None


def rules_of(policy: Policy, direction: Direction) -> tuple[Rule, ...]:
    return policy.egress if direction is Direction.EGRESS else policy.ingress


def rule_matches(
    snapshot: Snapshot,
    rule: Rule,
    guarded: Endpoint,
    peer: Endpoint,
    destination: Endpoint,
    protocol: AnyProtocol,
    port: int,
) -> str:
    """``certainly``, ``perhaps`` or ``no``: it is for the guarded end, a peer and a port match, conditions hold."""
    if rule.only is not None and not peer_matches(snapshot, rule.only, guarded, guarded):
        return "no"
    if not ports_match(rule, destination, protocol, port):
        return "no"
    names = [entry for entry in rule.peers or () if isinstance(entry, NamePeer) and entry.addresses is None]
    surely = rule.peers is None or any(
        peer_matches(snapshot, entry, peer, guarded) for entry in rule.peers if entry not in names
    )
    perhaps = bool(names) and name_may_match(snapshot, peer)
    if surely:
        return "perhaps" if rule.conditions else "certainly"
    return "perhaps" if perhaps else "no"


def ports_match(rule: Rule, destination: Endpoint, protocol: AnyProtocol, port: int) -> bool:
    if rule.ports is None:
        return True
    for entry in rule.ports:
        if isinstance(entry, NamedPort):
            declared = destination.ports if isinstance(destination, Pod) and is_guarded(destination) else ()
            for container_port in declared:
                if container_port.name != entry.name or container_port.number != port:
                    continue
                if container_port.protocol is protocol and (entry.protocol is None or entry.protocol is protocol):
                    return True
        elif entry.protocol is protocol and entry.lo <= port <= entry.hi:
            return True
    return False


def peer_matches(snapshot: Snapshot, peer: Peer, endpoint: Endpoint, guarded: Endpoint) -> bool:
    if isinstance(peer, AllPeers):
        return all(peer_matches(snapshot, part, endpoint, guarded) for part in peer.parts)
    if isinstance(peer, AnyPeer):
        return any(peer_matches(snapshot, part, endpoint, guarded) for part in peer.parts)
    if isinstance(peer, NotPeer):
        return not peer_matches(snapshot, peer.part, endpoint, guarded)
    if isinstance(peer, PodPeer):
        return pod_peer_matches(snapshot, peer, endpoint)
    if isinstance(peer, SameNodePeer):
        own = isinstance(guarded, Pod) and guarded.node != "" and guarded.node in nodes_of(snapshot, endpoint)
        return is_of_a_node(snapshot, endpoint) and own is peer.same
    if isinstance(peer, AddressPeer):
        if is_guarded(endpoint) and not peer.pods:
            return False
        if is_of_a_node(snapshot, endpoint) and not peer.nodes:
            return False
        return any(lo <= address <= hi for address in addresses_of(endpoint) for lo, hi in peer.addresses.intervals)
    if isinstance(peer, NodePeer):
        if is_guarded(endpoint):
            return False
        if peer.nodes == EVERYTHING:
            return is_of_a_node(snapshot, endpoint)
        selected = [node for node in snapshot.nodes if peer.nodes.matches(node.labels)]
        return any(address in node.addresses for node in selected for address in addresses_of(endpoint))
    return name_may_match(snapshot, endpoint) and any(
        lo <= address <= hi for address in addresses_of(endpoint) for lo, hi in (peer.addresses or ())
    )


def is_of_a_node(snapshot: Snapshot, endpoint: Endpoint) -> bool:
    """A node's address, or a pod that shares it."""
    return bool(nodes_of(snapshot, endpoint)) or (isinstance(endpoint, Pod) and endpoint.host_network)


def pod_peer_matches(snapshot: Snapshot, peer: PodPeer, endpoint: Endpoint) -> bool:
    if not isinstance(endpoint, Pod) or endpoint.host_network:
        return False
    if peer.namespace is not None:
        in_namespace = endpoint.namespace == peer.namespace
    else:
        in_namespace = peer.namespaces.matches(snapshot.namespaces[endpoint.namespace].labels)
    return in_namespace and peer.pods.matches(labels_of(snapshot, endpoint))


def labels_of(snapshot: Snapshot, pod: Pod) -> Labels:
    """The pod's labels, and those it has by where and as whom it runs."""
    account = snapshot.accounts.get((pod.namespace, pod.service_account), {})
    mode = mesh_mode(pod, snapshot.namespaces[pod.namespace].labels)
    facts = {
        ":namespace": pod.namespace,
        ":serviceaccount": pod.service_account,
        ":mesh": mode,
        ":principal": f"cluster.local/ns/{pod.namespace}/sa/{pod.service_account}" if mode else "",
        ":node": pod.node,
    }
    return {
        **pod.labels,
        **{key: value for key, value in facts.items() if value},
        **{f"namespace:{key}": value for key, value in snapshot.namespaces[pod.namespace].labels.items()},
        **{f"serviceaccount:{key}": value for key, value in account.items()},
    }


def name_may_match(snapshot: Snapshot, endpoint: Endpoint) -> bool:
    if isinstance(endpoint, Pod):
        return False
    return not any(endpoint.address in node.addresses for node in snapshot.nodes)
