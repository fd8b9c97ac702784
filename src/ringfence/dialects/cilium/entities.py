"""Cilium's entities: peers that have no labels of their own.

Source: Cilium documentation, "Layer 3 policies", entities based. The health and ingress endpoints, and endpoints that
are initialising or not managed by Cilium, are in no manifest: rules for them match nothing that the input has.
"""

from __future__ import annotations

import difflib

from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.fields import Field, describe
from ringfence.dialects.reading import Reading
from ringfence.model.addresses import ALL_ADDRESSES, AddressSet
from ringfence.model.codes import UNKNOWN_PEER
from ringfence.model.objects import Service
from ringfence.model.policy import AddressPeer, AllPeers, AnyPeer, Condition, NotPeer, Peer, PodPeer, SameNodePeer

_V4 = AddressSet.cidr("0.0.0.0/0")
_V6 = AddressSet.cidr("::/0")
_WITHOUT_OBJECTS = ("health", "init", "unmanaged", "ingress", "none")
ENTITIES = (
    "all",
    "cluster",
    "host",
    "remote-node",
    "kube-apiserver",
    "world",
    "world-ipv4",
    "world-ipv6",
    *_WITHOUT_OBJECTS,
)


def read_entity(field: Field, reading: Reading) -> Match | None:
    """The peers of one item of ``fromEntities`` or ``toEntities``; None, and a finding, for an unknown one."""
    if not isinstance(field.value, str) or field.value not in ENTITIES:
        near = difflib.get_close_matches(str(field.value), ENTITIES, 1, 0.6)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(ENTITIES)}."
        field.report(UNKNOWN_PEER, f"{field} is {describe(field.value)}, which is no entity.", hint=hint)
        return None
    return entity(field.value, field, reading)


def entity(name: str, field: Field, reading: Reading) -> Match:
    """The peers of an entity that is known."""
    origin = field.origin
    match name:
        case "all":
            return Match(AllPeers((), origin))
        case "cluster":
            return Match(NotPeer(_world(ALL_ADDRESSES, "world", field), origin))
        case "host":
            return Match(SameNodePeer(origin=origin))
        case "remote-node":
            return Match(SameNodePeer(same=False, origin=origin))
        case "kube-apiserver":
            return _api_server(field, reading)
        case "world":
            return Match(_world(ALL_ADDRESSES, name, field))
        case "world-ipv4":
            return Match(_world(_V4, name, field))
        case "world-ipv6":
            return Match(_world(_V6, name, field))
    return Match(AnyPeer((), origin))


def _world(addresses: AddressSet, name: str, field: Field) -> AddressPeer:
    return AddressPeer(addresses, pods=False, text=f"the entity {name}", origin=field.origin, nodes=False)


def _api_server(field: Field, reading: Reading) -> Match:
    """The addresses behind the Service ``default/kubernetes``, where the input has them."""
    found = [
        address for service in reading.snapshot.services if _is_api_server(service) for address, _ in service.endpoints
    ]
    if found:
        addresses = AddressSet.of((address, address) for address in found)
        return Match(AddressPeer(addresses, pods=False, text="the entity kube-apiserver", origin=field.origin))
    anything_but_pods: Peer = NotPeer(PodPeer(origin=field.origin), field.origin)
    return Match(anything_but_pods, Condition("the address is the API server's, which the input doesn't tell"))


def _is_api_server(service: Service) -> bool:
    return (service.namespace, service.name) == ("default", "kubernetes")
