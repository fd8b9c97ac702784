"""Who a rule is for: ``source`` in ``from``, by the identity that the mesh vouches for, or by address.

An identity needs mutual TLS: only a peer that is in the mesh itself has one, and only towards a workload that takes it.

Source: Istio reference, "AuthorizationPolicy", Source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.istio.matching import any_of, local_principals
from ringfence.dialects.istio.workloads import IN_MESH
from ringfence.dialects.scalars import read_cidr
from ringfence.model import derived
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, parse_address
from ringfence.model.codes import BAD_FIELD
from ringfence.model.labels import AllOf, LabelExpr
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.policy import AddressPeer, Condition, NotPeer, Peer


@dataclass(frozen=True, slots=True)
class Source:
    """What is said of the caller; all of it must hold.

    ``parts`` are of its address. ``identities`` are peers that it must be by its identity, and ``others`` such that it
    must not be: a caller without an identity is none of either.
    """

    parts: tuple[Peer, ...] = ()
    identities: tuple[Peer, ...] = ()
    others: tuple[Peer, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def both(self, other: Source) -> Source:
        """What this and the other say together."""
        return Source(
            (*self.parts, *other.parts),
            (*self.identities, *other.identities),
            (*self.others, *other.others),
            (*self.conditions, *other.conditions),
        )


def read_source(field: Field, settings: MeshSettings) -> Source | None:
    """One ``source``; None, with findings, where Istio refuses it."""
    if not field.is_mapping():
        return None
    known = tuple(each for name in (*_IDENTITIES, *_OTHERS) for each in (name, _negated(name)))
    field.report_unknown(known, why="Istio ignores the field.")
    given = field.present(known)
    if not any(field.value[name] for name in given):
        field.report(BAD_FIELD, f"{field} names nobody.", why="Istio refuses an empty source.")
        return None
    by_account = field.present(("serviceAccounts", "notServiceAccounts"))
    by_identity = field.present(("principals", "notPrincipals", "namespaces", "notNamespaces"))
    if by_account and by_identity:
        what = f"{field.at(by_account[0])} stands beside {by_identity[0]}."
        field.at(by_account[0]).report(BAD_FIELD, what, why="Istio refuses both in one source.")
        return None
    found = Source()
    for name in given:
        negated = name.startswith("not")
        plain = name[3:4].lower() + name[4:] if negated else name
        read = _read(plain, field.at(name), settings, negated=negated)
        if read is None:
            return None
        found = found.both(read)
    return found


def _read(name: str, values: Field, settings: MeshSettings, *, negated: bool) -> Source | None:
    if name == "ipBlocks":
        return from_addresses(values, negated=negated)
    if name in _OTHERS:
        return _by_condition(_OTHERS[name], values, negated=negated)
    return from_identity(name, values, settings, negated=negated)


def from_identity(name: str, values: Field, settings: MeshSettings, *, negated: bool) -> Source | None:
    """A caller whose identity has, or hasn't, a value that matches one of the patterns."""
    texts = texts_of(values)
    if texts is None:
        return None
    if not texts:
        return Source()
    peer = pod_peer(_IDENTITIES[name](texts, values, settings), None, values.origin)
    if negated:
        return Source(others=(NotPeer(peer, values.origin),))
    return Source(identities=(peer,))


def from_addresses(values: Field, *, negated: bool) -> Source | None:
    """A caller whose address is, or isn't, in one of the ranges."""
    peer = address_peer(values)
    if peer is None:
        return None
    if not values.value:
        return Source()
    return Source((NotPeer(peer, values.origin) if negated else peer,))


def address_peer(values: Field) -> AddressPeer | None:
    """The addresses of a list of ranges and single ones; None, and a finding, where one is neither."""
    items = values.items()
    if items is None:
        return None
    found = NO_ADDRESSES
    for item in items:
        addresses = _range(item)
        if addresses is None:
            return None
        found |= addresses
    return AddressPeer(found, text=", ".join(map(str, values.value)), origin=values.origin)


def texts_of(field: Field) -> tuple[str, ...] | None:
    """A list of strings; None, and findings, where it is none. Istio refuses an empty string."""
    items = field.items()
    texts = [item.text() for item in items or ()]
    if items is None or any(text is None for text in texts):
        return None
    for item in items:
        if not item.value:
            item.report(BAD_FIELD, f"{item} is empty.", why="Istio refuses an empty value.")
            return None
    return tuple(text for text in texts if text is not None)


def _range(item: Field) -> AddressSet | None:
    if isinstance(item.value, str) and "/" not in item.value:
        try:
            return AddressSet.point(parse_address(item.value))
        except ValueError:
            return read_cidr(item)
    return read_cidr(item)


def _principals(texts: tuple[str, ...], _values: Field, settings: MeshSettings) -> LabelExpr:
    return any_of(derived.PRINCIPAL, local_principals(texts, settings))


def _namespaces(texts: tuple[str, ...], _values: Field, _settings: MeshSettings) -> LabelExpr:
    return AllOf((any_of(derived.NAMESPACE, texts), IN_MESH))


def _accounts(texts: tuple[str, ...], values: Field, _settings: MeshSettings) -> LabelExpr:
    """Service accounts, ``name`` or ``namespace/name``. Source: Istio 1.25, ``serviceAccounts``."""
    own = values.raw.ref.namespace
    pairs = [text.split("/", 1) if "/" in text else [own, text] for text in texts]
    return any_of(derived.PRINCIPAL, [derived.principal(namespace, account) for namespace, account in pairs])


def _by_condition(what: str, values: Field, *, negated: bool) -> Source | None:
    texts = texts_of(values)
    if texts is None:
        return None
    word = "is none of" if negated else "is one of"
    return Source(conditions=(Condition(f"{what} {word} {', '.join(texts)}"),)) if texts else Source()


def _negated(name: str) -> str:
    return f"not{name[:1].upper()}{name[1:]}"


_IDENTITIES: Mapping[str, Callable[[tuple[str, ...], Field, MeshSettings], LabelExpr]] = {
    "principals": _principals,
    "namespaces": _namespaces,
    "serviceAccounts": _accounts,
}
_OTHERS: Mapping[str, str] = {
    "ipBlocks": "",
    "remoteIpBlocks": "the original client's address",
    "requestPrincipals": "the token's principal",
}
