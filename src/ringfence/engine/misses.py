"""Why a rule does not match an endpoint, in words, with a measure of how far off it is.

Distance counts what would have to change: one label is 1. It only serves to show the nearest rule first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ringfence.engine.facts import Facts
from ringfence.engine.match import container_ports, is_node, peer_matches
from ringfence.model.addresses import format_address
from ringfence.model.derived import is_derived
from ringfence.model.icmp import entry_words, words_of
from ringfence.model.labels import AllOf, LabelExpr, Labels, Operator, Requirement
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
from ringfence.model.ports import AnyProtocol, NamedPort
from ringfence.model.verdict import Endpoint, PeerMiss

_OTHER_NAMESPACE = 2
_EXCLUDED = 2
_NO_ADDRESS = 3
_HOST_NETWORK = 4
_OUTSIDE_RANGE = 5
_OTHER_KIND = 9


def peer_misses(rule: Rule, endpoint: Endpoint, facts: Facts, subject: Endpoint) -> tuple[PeerMiss, ...]:
    """The failure of each peer entry of a rule none of whose entries matches, nearest first."""
    misses = [peer_miss(peer, endpoint, facts, subject) for peer in rule.peers or ()]
    return tuple(sorted(misses, key=lambda miss: miss.distance))


def peer_miss(peer: Peer, endpoint: Endpoint, facts: Facts, subject: Endpoint) -> PeerMiss:
    """Why one peer entry doesn't match an endpoint; ``subject`` is the end that the rule guards."""
    match peer:
        case PodPeer():
            return _pod_miss(peer, endpoint, facts)
        case AddressPeer():
            if not peer.nodes and is_node(endpoint, facts):
                return PeerMiss(peer, f"{endpoint} is a node: this CNI matches no node by address", _OUTSIDE_RANGE)
            return _address_miss(peer, endpoint)
        case SameNodePeer():
            return PeerMiss(peer, f"{endpoint} is not of {peer}", _OTHER_KIND)
        case AllPeers(parts):
            failed = (part for part in parts if not peer_matches(part, endpoint, facts, subject))
            return _joined(peer, [peer_miss(part, endpoint, facts, subject) for part in failed], sum)
        case AnyPeer(parts):
            return _joined(peer, [peer_miss(part, endpoint, facts, subject) for part in parts], min)
        case NotPeer(part):
            return PeerMiss(peer, f"{endpoint} is {part}, which the entry excludes", _EXCLUDED)
        case NodePeer():
            return PeerMiss(peer, f"{endpoint} is no node that `{peer.nodes}` selects", _OTHER_KIND)
        case NamePeer():
            if peer.addresses is None or isinstance(endpoint, Pod):
                return PeerMiss(peer, f"{endpoint} is inside the cluster; the rule names {peer.pattern}", _OTHER_KIND)
            return PeerMiss(peer, f"{endpoint} is none of the recorded addresses of {peer.pattern}", _OUTSIDE_RANGE)


def _joined(peer: Peer, misses: list[PeerMiss], measure: Callable[[Iterable[int]], int]) -> PeerMiss:
    distance = measure([miss.distance for miss in misses]) if misses else _OTHER_KIND
    return PeerMiss(peer, "; ".join(miss.text for miss in misses) or "the entry matches nothing", distance)


def _pod_miss(peer: PodPeer, endpoint: Endpoint, facts: Facts) -> PeerMiss:
    if not isinstance(endpoint, Pod):
        return PeerMiss(peer, f"{endpoint} is an address; the entry selects pods", _OTHER_KIND)
    if endpoint.host_network:
        return PeerMiss(peer, f"{endpoint} is on the host network: pod selectors never match it", _HOST_NETWORK)
    texts: list[str] = []
    distance = 0
    if peer.namespace is not None and peer.namespace != endpoint.namespace:
        texts.append(f"{endpoint} is in namespace {endpoint.namespace}; the entry looks only in {peer.namespace}")
        distance += _OTHER_NAMESPACE
    if peer.namespace is None:
        failures = label_failures(peer.namespaces, facts.namespace_labels(endpoint.namespace))
        texts += [f"namespace {endpoint.namespace}: {text}" for text in failures]
        distance += len(failures)
    failures = label_failures(peer.pods, facts.labels_for(peer.pods, endpoint))
    texts += [f"pod: {text}" for text in failures]
    distance += len(failures)
    return PeerMiss(peer, "; ".join(texts), distance)


def label_failures(expr: LabelExpr, labels: Labels) -> list[str]:
    """Each requirement of a conjunction that the labels fail, as ``label tier=api is missing``."""
    if isinstance(expr, AllOf):
        return [text for part in expr.parts for text in label_failures(part, labels)]
    if expr.matches(labels):
        return []
    if isinstance(expr, Requirement):
        return [_requirement_failure(expr, labels)]
    return [f"labels don't satisfy `{expr}`"]


def _requirement_failure(requirement: Requirement, labels: Labels) -> str:
    value = labels.get(requirement.key)
    wanted = f"`{requirement}`"
    if is_derived(requirement.key):
        name = requirement.key.strip(":")
        has = f"it is `{value}`" if value is not None else f"it has no {name}"
        return f"{wanted.replace(requirement.key, name)} is asked, but {has}"
    if requirement.operator in (Operator.DOES_NOT_EXIST, Operator.NOT_IN):
        return f"label {wanted} is asked, but it has `{requirement.key}={value}`"
    if value is None:
        return f"label {wanted} is missing"
    return f"label {wanted} is asked, but it has `{requirement.key}={value}`"


def _address_miss(peer: AddressPeer, endpoint: Endpoint) -> PeerMiss:
    if isinstance(endpoint, Pod):
        if not endpoint.addresses:
            return PeerMiss(peer, f"{endpoint} has no address in the input to compare with {peer}", _NO_ADDRESS)
        if not peer.pods and not endpoint.host_network:
            return PeerMiss(peer, f"{endpoint} is a pod: this CNI matches no pod by address", _OUTSIDE_RANGE)
        addresses = endpoint.addresses
    else:
        addresses = (endpoint.address,)
    shown = ", ".join(format_address(address) for address in addresses)
    if peer.outer is not None and any(address in peer.outer for address in addresses):
        return PeerMiss(peer, f"{shown} is inside an exception of {peer}", 1)
    return PeerMiss(peer, f"{shown} is outside {peer}", _OUTSIDE_RANGE)


def _of(entry: NamedPort) -> str:
    return f" for {entry.protocol}" if entry.protocol is not None else ""


def port_miss(rule: Rule, destination: Endpoint, protocol: AnyProtocol, port: int) -> str:
    """Why no port entry of a rule matches ``port`` of ``protocol`` at this destination."""
    entries = rule.ports or ()
    texts = []
    declared = container_ports(destination)
    for entry in entries:
        if not isinstance(entry, NamedPort):
            continue
        if not any(p.name == entry.name and entry.protocol in (None, p.protocol) for p in declared):
            texts.append(f"{destination} has no port named `{entry.name}`{_of(entry)}")
    numeric = [entry for entry in entries if not (isinstance(entry, NamedPort) and texts)]
    if numeric and all(entry.protocol is not None and entry.protocol != protocol for entry in numeric):
        protocols = "/".join(sorted({str(entry.protocol) for entry in numeric}))
        texts.append(f"the rule is for {protocols}, the connection is {protocol}")
    elif numeric:
        listed = ", ".join(map(entry_words, numeric))
        texts.append(f"the rule is for {listed}, the connection is {words_of(protocol, port)}")
    return "; ".join(texts) or "the rule has no port that can match"
