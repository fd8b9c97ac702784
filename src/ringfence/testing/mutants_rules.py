"""Slips in one rule: its peers and its ports, more or fewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, NO_ADDRESSES, AddressSet
from ringfence.model.labels import EVERYTHING
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.policy import AddressPeer, NodePeer, Peer, PodPeer, Rule
from ringfence.model.ports import PortMatch, PortRange, Protocol
from ringfence.testing.mutants_selectors import namespace_slips, selector_slips


@dataclass(frozen=True, slots=True)
class Slip:
    """One edit of a rule. ``kind`` is ``drop``, ``widen``, ``narrow`` or ``flip``; ``text`` goes on from "with"."""

    kind: str
    text: str
    edit: Callable[[Rule], Rule]
    origin: Origin = UNKNOWN


def rule_slips(rule: Rule) -> Iterator[Slip]:
    """Every slip in the peers and ports of a rule. A rule that matches nothing has none."""
    if rule.peers == () or rule.ports == ():
        return
    yield from _peers(rule)
    yield from _ports(rule)


def _peers(rule: Rule) -> Iterator[Slip]:
    if rule.peers is None:
        yield Slip("narrow", "only pods as peers", lambda rule: replace(rule, peers=(PodPeer(),)))
        outside = AddressPeer(ALL_ADDRESSES, pods=False)
        yield Slip("narrow", "only addresses outside as peers", lambda rule: replace(rule, peers=(outside,)))
        return
    for index, peer in enumerate(rule.peers):
        if len(rule.peers) > 1:
            yield Slip("drop", f"the peer {peer} left out", _PeerEdit(index, None), peer.origin)
        for kind, text, changed in _peer_slips(peer):
            yield Slip(kind, text, _PeerEdit(index, changed), peer.origin)


@dataclass(frozen=True, slots=True)
class _PeerEdit:
    index: int
    peer: Peer | None

    def __call__(self, rule: Rule) -> Rule:
        peers = rule.peers or ()
        new = () if self.peer is None else (self.peer,)
        return replace(rule, peers=(*peers[: self.index], *new, *peers[self.index + 1 :]))


def _peer_slips(peer: Peer) -> Iterator[tuple[str, str, Peer]]:
    match peer:
        case PodPeer():
            for kind, text, changed in (*selector_slips(peer), *namespace_slips(peer)):
                yield kind, f"{text} of the peer's selector" if "instead of" not in text else text, changed
        case AddressPeer():
            yield from _address_slips(peer)
        case NodePeer() if peer.nodes != EVERYTHING:
            yield "widen", f"every node instead of nodes {peer.nodes}", replace(peer, nodes=EVERYTHING)
        case _:
            return  # a name: which addresses it has is not in the input


def _address_slips(peer: AddressPeer) -> Iterator[tuple[str, str, Peer]]:
    if not peer.addresses:
        return
    if peer.outer is not None and peer.outer != peer.addresses:
        yield "widen", f"the exceptions of {peer} left out", _range(peer, peer.outer)
    family = AddressSet(tuple(line for whole in (ALL_V4, ALL_V6) if peer.addresses & whole for line in whole))
    if family not in (peer.addresses, peer.outer):
        yield "widen", f"every address instead of {peer}", _range(peer, family)
    half = _lower_half(peer.addresses)
    if half:
        yield "narrow", f"only the lower half of {peer}", _range(peer, half)


def _range(peer: AddressPeer, addresses: AddressSet) -> AddressPeer:
    return AddressPeer(addresses, peer.pods, "", None, peer.origin)


def _lower_half(addresses: AddressSet) -> AddressSet:
    """The addresses up to the middle of the range; none where there is only one."""
    lo, hi = addresses.intervals[0][0], addresses.intervals[-1][1]
    half = addresses & AddressSet(((lo, (lo + hi) // 2),))
    return half if half != addresses else NO_ADDRESSES


def _ports(rule: Rule) -> Iterator[Slip]:
    if rule.ports is None:
        tcp = (PortRange(Protocol.TCP),)
        yield Slip("narrow", "only TCP instead of every protocol", lambda rule: replace(rule, ports=tcp))
        return
    for index, match in enumerate(rule.ports):
        if len(rule.ports) > 1:
            yield Slip("drop", f"port {match} left out", _PortEdit(index, None), match.origin)
        if isinstance(match, PortRange) and match.lo < match.hi:
            first = replace(match, hi=match.lo)
            yield Slip("narrow", f"only port {first} of {match}", _PortEdit(index, first), match.origin)
    listed = ", ".join(map(str, rule.ports))
    yield Slip("widen", f"every port instead of {listed}", lambda rule: replace(rule, ports=None), rule.ports[0].origin)


@dataclass(frozen=True, slots=True)
class _PortEdit:
    index: int
    match: PortMatch | None

    def __call__(self, rule: Rule) -> Rule:
        ports = rule.ports or ()
        new = () if self.match is None else (self.match,)
        return replace(rule, ports=(*ports[: self.index], *new, *ports[self.index + 1 :]))
