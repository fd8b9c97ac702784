"""Who a rule is for: ``source`` in ``from``, by the identity that the mesh vouches for, or by address.

An identity needs mutual TLS: only a peer that is in the mesh itself has one, and only towards a workload that takes it.

Source: Istio reference, "AuthorizationPolicy", Source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.istio.matching import any_of
from ringfence.dialects.istio.workloads import IN_MESH
from ringfence.dialects.scalars import read_cidr
from ringfence.model import derived
from ringfence.model.addresses import NO_ADDRESSES, AddressSet, parse_address
from ringfence.model.labels import AllOf, AnyOf, LabelExpr
from ringfence.model.policy import AddressPeer, Condition, NotPeer, Peer


@dataclass(frozen=True, slots=True)
class Source:
    """What is said of the caller: ``parts`` that must all hold; ``identity`` where one of them needs mutual TLS."""

    parts: tuple[Peer, ...] = ()
    conditions: tuple[Condition, ...] = ()
    identity: bool = False

    def both(self, other: Source) -> Source:
        """What this and the other say together."""
        return Source(
            (*self.parts, *other.parts), (*self.conditions, *other.conditions), self.identity or other.identity
        )


def read_source(field: Field) -> Source | None:
    """One ``source``; None, with findings, where a part of it is invalid."""
    if not field.is_mapping():
        return None
    field.report_unknown(
        tuple(prefixed for name in (*_IDENTITIES, *_OTHERS) for prefixed in (name, _negated(name))),
        why="Istio ignores the field.",
    )
    found = Source()
    for name in field.value:
        if name not in _READERS:
            continue
        member = field.get(name)
        if member is None:
            continue
        read = _READERS[name](member)
        if read is None:
            return None
        found = found.both(read)
    return found


def from_identity(key: str, values: Field, *, negated: bool) -> Source | None:
    """A caller whose identity has, or hasn't, a value that matches one of the patterns."""
    texts = _texts(values)
    if texts is None:
        return None
    if not texts:
        return Source()
    expr: LabelExpr = any_of(key, texts)
    if key == derived.NAMESPACE:
        expr = AllOf((expr, IN_MESH))
    peer = pod_peer(expr, None, values.origin)
    return Source((NotPeer(peer, values.origin) if negated else peer,), identity=not negated)


def from_addresses(values: Field, *, negated: bool) -> Source | None:
    """A caller whose address is, or isn't, in one of the ranges."""
    items = values.items()
    if items is None:
        return None
    found = NO_ADDRESSES
    for item in items:
        addresses = _range(item)
        if addresses is None:
            return None
        found |= addresses
    peer = AddressPeer(found, text=", ".join(map(str, values.value)), origin=values.origin)
    return Source((NotPeer(peer, values.origin) if negated else peer,))


def _range(item: Field) -> AddressSet | None:
    if isinstance(item.value, str) and "/" not in item.value:
        try:
            return AddressSet.point(parse_address(item.value))
        except ValueError:
            return read_cidr(item)
    return read_cidr(item)


def _accounts(values: Field, *, negated: bool) -> Source | None:
    """Service accounts, ``name`` or ``namespace/name``. Source: Istio 1.25, ``serviceAccounts``."""
    texts = _texts(values)
    if texts is None:
        return None
    own = values.raw.ref.namespace
    pairs = [text.split("/", 1) if "/" in text else [own, text] for text in texts]
    principals = [derived.principal(namespace, account) for namespace, account in pairs]
    peer = pod_peer(AnyOf((any_of(derived.PRINCIPAL, principals),)), None, values.origin)
    return Source((NotPeer(peer, values.origin) if negated else peer,), identity=not negated)


def _by_condition(what: str) -> Callable[[Field, bool], Source | None]:
    def read(values: Field, negated: bool) -> Source | None:
        texts = _texts(values)
        if texts is None:
            return None
        word = "is none of" if negated else "is one of"
        return Source((), (Condition(f"{what} {word} {', '.join(texts)}"),))

    return read


def _texts(field: Field) -> tuple[str, ...] | None:
    items = field.items()
    texts = [item.text() for item in items or ()]
    if items is None or any(text is None for text in texts):
        return None
    return tuple(text for text in texts if text is not None)


def _negated(name: str) -> str:
    return f"not{name[:1].upper()}{name[1:]}"


_IDENTITIES = ("principals", "namespaces", "serviceAccounts")
_OTHERS = ("ipBlocks", "remoteIpBlocks", "requestPrincipals")
_BY_NAME: Mapping[str, Callable[[Field, bool], Source | None]] = {
    "principals": lambda field, negated: from_identity(derived.PRINCIPAL, field, negated=negated),
    "namespaces": lambda field, negated: from_identity(derived.NAMESPACE, field, negated=negated),
    "serviceAccounts": lambda field, negated: _accounts(field, negated=negated),
    "ipBlocks": lambda field, negated: from_addresses(field, negated=negated),
    "remoteIpBlocks": _by_condition("the original client's address"),
    "requestPrincipals": _by_condition("the token's principal"),
}


def _reader(name: str, *, negated: bool) -> Callable[[Field], Source | None]:
    return lambda field: _BY_NAME[name](field, negated)


_READERS: Mapping[str, Callable[[Field], Source | None]] = {
    **{name: _reader(name, negated=False) for name in _BY_NAME},
    **{_negated(name): _reader(name, negated=True) for name in _BY_NAME},
}
