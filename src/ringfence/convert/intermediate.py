"""Terms, regions and port sets in the words of the intermediate form; reading them again gives the same."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.dialects.writing.regions import Region
from ringfence.dialects.writing.terms import Literal, Term
from ringfence.model.addresses import ALL_ADDRESSES
from ringfence.model.labels import AllOf, LabelExpr, Negation
from ringfence.model.policy import AddressPeer, AllPeers, NotPeer, Peer, PodPeer
from ringfence.model.ports import Icmp, IcmpRange, PortMatch, PortRange, PortSet, Protocol


def ranges_of(ports: PortSet, every: PortSet) -> tuple[PortMatch, ...] | None:
    """The port entries of a set; ``None`` for ``every`` port."""
    if ports == every:
        return None
    return (
        *(PortRange(protocol, lo, hi) for protocol in Protocol for lo, hi in ports.of_protocol(protocol)),
        *(IcmpRange(family, lo, hi) for family in Icmp for lo, hi in ports.of_protocol(family)),
    )


def subject_of(terms: Sequence[Term]) -> PodPeer:
    """The subject that one term is."""
    (term,) = terms
    return PodPeer(pods=_expression(term))


def _expression(term: Term) -> LabelExpr:
    return AllOf(tuple(map(_requirement, term.literals)))


def _requirement(literal: Literal) -> LabelExpr:
    return literal.requirement if literal.holds else Negation(literal.requirement)


_ONLY_NODES = (
    NotPeer(PodPeer()),
    NotPeer(AddressPeer(ALL_ADDRESSES, pods=False, nodes=False)),
)


def peers_of(region: Region) -> tuple[Peer, ...] | None:
    """A region in the intermediate form; reading it as a region gives the same."""
    if region.is_everyone:
        return None
    found: list[Peer] = []
    for term in region.pods:
        pods = PodPeer(pods=_expression(term))
        found.append(pods if term.addresses is None else AllPeers((pods, AddressPeer(term.addresses))))
    for nodes in region.nodes:
        choices = [peer if holds else NotPeer(peer) for peer, holds in nodes.choices]
        within = () if nodes.addresses == ALL_ADDRESSES else (AddressPeer(nodes.addresses, pods=False),)
        found.append(AllPeers((*_ONLY_NODES, *choices, *within)))
    if region.outside:
        found.append(AddressPeer(region.outside, pods=False, nodes=False))
    return tuple(found)
