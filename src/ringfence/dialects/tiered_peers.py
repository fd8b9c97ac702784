"""Peers and subjects as ClusterNetworkPolicy and (Baseline)AdminNetworkPolicy write them."""

from __future__ import annotations

import re

from ringfence.dialects.fields import Field
from ringfence.dialects.scalars import read_cidr
from ringfence.dialects.selectors import read_selector
from ringfence.model.codes import TOO_MANY_RULES, UNKNOWN_PEER
from ringfence.model.policy import Action, AddressPeer, Direction, NamePeer, NodePeer, Peer, PodPeer

PEER_LISTS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}

_KINDS = {
    Direction.INGRESS: ("namespaces", "pods"),
    Direction.EGRESS: ("namespaces", "pods", "nodes", "networks", "domainNames"),
}
_MOST_ITEMS = 25
_DOMAIN = re.compile(r"(\*\.)?([A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?\.?")


def read_peers(rule: Field, direction: Direction, action: Action, most: int) -> tuple[Peer, ...] | None:
    """The peers of a rule; None, with findings, where there is none, or one is not understood."""
    field = rule.get(PEER_LISTS[direction])
    if field is None or field.value == []:
        rule.report(
            UNKNOWN_PEER,
            f"{rule} has no {PEER_LISTS[direction]} peer; at least one is needed.",
            hint="For every pod write namespaces: {}.",
        )
        return None
    items = field.items()
    if items is None:
        return None
    if len(items) > most:
        field.report(TOO_MANY_RULES, f"{field} has {len(items)} peers; the API allows {most}.")
    read = [_read_peer(item, direction, action) for item in items]
    if any(part is None for part in read):
        return None
    return tuple(peer for part in read for peer in part or ())


def _read_peer(peer: Field, direction: Direction, action: Action) -> tuple[Peer, ...] | None:
    if not peer.is_mapping(code=UNKNOWN_PEER):
        return None
    known = _KINDS[direction]
    peer.report_unknown(known)
    kinds = peer.present(known)
    if len(kinds) != 1:
        has = " and ".join(kinds) if kinds else f"none of {', '.join(known)}"
        peer.report(UNKNOWN_PEER, f"{peer} has {has}; exactly one must be set.")
        return None
    match kinds[0]:
        case "nodes":
            nodes = read_selector(peer.get("nodes"))
            return None if nodes is None else (NodePeer(nodes, peer.origin),)
        case "networks":
            return _read_networks(peer)
        case "domainNames":
            return _read_names(peer, action)
        case _:
            pods = read_pods(peer)
            return None if pods is None else (pods,)


def read_pods(holder: Field) -> PodPeer | None:
    """``namespaces`` or ``pods`` of a subject or a peer that has exactly one of them."""
    pods = holder.get("pods")
    if pods is None:
        namespaces = read_selector(holder.get("namespaces"))
        return None if namespaces is None else PodPeer(namespaces=namespaces, origin=holder.origin)
    if not pods.is_mapping():
        return None
    pods.report_unknown(("namespaceSelector", "podSelector"))
    namespaces, labels = read_selector(pods.get("namespaceSelector")), read_selector(pods.get("podSelector"))
    if namespaces is None or labels is None:
        return None
    return PodPeer(namespaces=namespaces, pods=labels, origin=holder.origin)


def _read_networks(peer: Field) -> tuple[Peer, ...] | None:
    items = _read_list(peer, "networks")
    if items is None:
        return None
    peers: list[Peer] = []
    for item in items:
        addresses = read_cidr(item)
        if addresses is None:
            return None
        peers.append(AddressPeer(addresses, True, str(item.value), addresses, item.origin))
    return tuple(peers)


def _read_names(peer: Field, action: Action) -> tuple[Peer, ...] | None:
    items = _read_list(peer, "domainNames")
    if items is None:
        return None
    names: list[Peer] = []
    for item in items:
        name = item.text(code=UNKNOWN_PEER)
        if name is None:
            return None
        if not _DOMAIN.fullmatch(name):
            item.report(
                UNKNOWN_PEER,
                f"{item} is {name!r}, which is no domain name.",
                hint="A wildcard is a prefix: *.example.com.",
            )
            return None
        names.append(NamePeer(name, item.origin))
    if action is not Action.ALLOW:
        peer.report(UNKNOWN_PEER, f"{peer} has domainNames, which only an accepting rule may have.")
        return None
    return tuple(names)


def _read_list(peer: Field, name: str) -> tuple[Field, ...] | None:
    field = peer.get(name)
    items = field.items() if field is not None else None
    if field is not None and items is not None and not items:
        field.report(UNKNOWN_PEER, f"{field} is empty; at least one item is needed.")
        return None
    if field is not None and items is not None and len(items) > _MOST_ITEMS:
        field.report(TOO_MANY_RULES, f"{field} has {len(items)} items; the API allows {_MOST_ITEMS}.")
    return items
