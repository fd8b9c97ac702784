"""Whom peers mean, as pods, nodes and outside addresses apart: an algebra closed under *and*, *or* and *not*.

No endpoint is of two of the three kinds, so each is combined by itself. A host-network pod is its node.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.dialects.writing import terms
from ringfence.dialects.writing.terms import Term
from ringfence.model.addresses import ALL_ADDRESSES, NO_ADDRESSES, AddressSet
from ringfence.model.policy import (
    AddressPeer,
    AllPeers,
    AnyPeer,
    NamePeer,
    NodePeer,
    NotPeer,
    Peer,
    PodPeer,
    SameNodePeer,
)

UNASSIGNED = AddressSet.of(
    AddressSet.cidr(text).intervals[0]
    for text in ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1/128", "fe80::/10")
)
"""Loopback, link-local and multicast: no pod and no node has an address there, so a deny of them is none of these.

Source: the API server refuses such addresses as endpoints (Kubernetes API reference, EndpointAddress ``ip``), the
kubelet as its ``--node-ip``.
"""

NodeChoice = tuple[NodePeer | SameNodePeer, bool]
"""Nodes that a peer means, or those that it doesn't."""


@dataclass(frozen=True, slots=True)
class NodeTerm:
    """Nodes by address that meet every choice."""

    addresses: AddressSet = ALL_ADDRESSES
    choices: frozenset[NodeChoice] = frozenset()


@dataclass(frozen=True, slots=True)
class Region:
    """A set of endpoints.

    ``dual`` is true where a pod with an address of either family may be taken otherwise than it was meant: *not in
    this range* speaks of all its addresses, a range of any.
    """

    pods: tuple[Term, ...] = ()
    nodes: tuple[NodeTerm, ...] = ()
    outside: AddressSet = NO_ADDRESSES
    dual: bool = False

    def __bool__(self) -> bool:
        return bool(self.pods or self.nodes or self.outside)

    def __and__(self, other: Region) -> Region:
        pods = tuple(terms.intersection(self.pods, other.pods))
        nodes = _nodes(
            NodeTerm(mine.addresses & theirs.addresses, mine.choices | theirs.choices)
            for mine in self.nodes
            for theirs in other.nodes
        )
        both = _ranged(self.pods) and _ranged(other.pods) and _ranged(pods)
        return Region(pods, nodes, self.outside & other.outside, self.dual or other.dual or both)

    def __or__(self, other: Region) -> Region:
        pods = tuple(terms.union(self.pods, other.pods))
        return Region(pods, _nodes((*self.nodes, *other.nodes)), self.outside | other.outside, self.dual or other.dual)

    def __invert__(self) -> Region:
        pods = tuple(terms.complement(self.pods, ALL_ADDRESSES))
        found: tuple[NodeTerm, ...] = (NodeTerm(),)
        for term in self.nodes:
            opposite = [NodeTerm(ALL_ADDRESSES - term.addresses)]
            opposite += [NodeTerm(choices=frozenset({(peer, not holds)})) for peer, holds in term.choices]
            found = _nodes(
                NodeTerm(mine.addresses & theirs.addresses, mine.choices | theirs.choices)
                for mine in found
                for theirs in opposite
            )
        return Region(pods, found, ALL_ADDRESSES - self.outside, self.dual or _ranged(pods))

    def __sub__(self, other: Region) -> Region:
        return self & ~other

    @property
    def is_everyone(self) -> bool:
        """True where every endpoint is meant."""
        return self.all_pods and self.all_nodes and self.outside == ALL_ADDRESSES

    @property
    def all_pods(self) -> bool:
        """True where every pod is meant, whatever its labels and addresses."""
        return Term() in self.pods

    @property
    def all_nodes(self) -> bool:
        """True where every node is meant."""
        return NodeTerm() in self.nodes

    @property
    def selected_pods(self) -> tuple[Term, ...]:
        """The pods that are meant by what labels say."""
        return tuple(term for term in self.pods if term.addresses is None)

    @property
    def pods_in(self) -> AddressSet:
        """The ranges whose pods are all meant."""
        found = NO_ADDRESSES
        for term in self.pods:
            if not term.literals and term.addresses is not None:
                found |= term.addresses
        return found

    @property
    def nodes_in(self) -> AddressSet:
        """The ranges whose nodes are all meant."""
        found = NO_ADDRESSES
        for term in self.nodes:
            if not term.choices:
                found |= term.addresses
        return found


NOBODY = Region()
EVERYONE = Region((Term(),), (NodeTerm(),), ALL_ADDRESSES)


def region_of(peer: Peer) -> Region:
    """The endpoints that a peer means; a name that no record resolves means nobody here.

    Raises:
        TooManyTermsError: the peer has more alternatives than anyone could read.
    """
    match peer:
        case PodPeer():
            return Region(tuple(terms.terms_of(peer)))
        case AddressPeer(addresses):
            if not addresses:
                return NOBODY
            theirs = addresses - UNASSIGNED
            pods = (Term((), theirs),) if peer.pods and theirs else ()
            return Region(pods, (NodeTerm(theirs),) if peer.nodes and theirs else (), addresses)
        case NodePeer() | SameNodePeer():
            return Region(nodes=(NodeTerm(choices=frozenset({(peer, True)})),))
        case NamePeer():
            return Region(outside=peer.addresses or NO_ADDRESSES)
        case AllPeers(parts):
            found = EVERYONE
            for part in parts:
                found &= region_of(part)
            return found
        case AnyPeer(parts):
            return region_of_all(parts)
        case NotPeer(part):
            return ~region_of(part)


def region_of_all(peers: Iterable[Peer] | None) -> Region:
    """The endpoints that at least one of a rule's peers means; everyone for ``None``.

    Raises:
        TooManyTermsError: as :func:`region_of`.
    """
    if peers is None:
        return EVERYONE
    found = NOBODY
    for peer in peers:
        found |= region_of(peer)
    return found


def _ranged(pods: Iterable[Term]) -> bool:
    return any(term.addresses is not None for term in pods)


def _nodes(found: Iterable[NodeTerm]) -> tuple[NodeTerm, ...]:
    """The alternatives without empty ones and those that another covers; ranges of equal choices put together."""
    ranges: dict[frozenset[NodeChoice], AddressSet] = {}
    for term in found:
        impossible = any((peer, not holds) in term.choices for peer, holds in term.choices)
        if term.addresses and not impossible:
            ranges[term.choices] = ranges.get(term.choices, NO_ADDRESSES) | term.addresses
    kept = [
        NodeTerm(addresses, choices)
        for choices, addresses in ranges.items()
        if not any(other < choices and addresses <= ranges[other] for other in ranges)
    ]
    if len(kept) > terms.MOST_TERMS:
        raise terms.TooManyTermsError
    return tuple(kept)
