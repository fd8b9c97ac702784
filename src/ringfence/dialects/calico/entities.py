"""One end of a Calico rule: all that is said of ``source``, or of ``destination``, must hold of it.

As soon as a selector of any kind is used in a namespaced policy, the end is one of its namespace, unless a
``namespaceSelector`` says otherwise.

Source: Calico reference, "EntityRule".
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.dialects.calico.expressions import read_expression
from ringfence.dialects.calico.keys import account_key, endpoint_key, namespace_key
from ringfence.dialects.calico.nets import read_nets
from ringfence.dialects.calico.selector import GLOBAL
from ringfence.dialects.calico.services import read_services
from ringfence.dialects.calico.sets import sets_matching
from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.model import derived
from ringfence.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, AddressSet
from ringfence.model.codes import BAD_FIELD, ENTERPRISE_FIELD
from ringfence.model.labels import EVERYTHING, AllOf, AnyOf, LabelExpr, Negation, Operator, Requirement
from ringfence.model.policy import AddressPeer, AllPeers, AnyPeer, NamePeer, NotPeer, Peer, PodPeer
from ringfence.model.ports import PortMatch

FIELDS = (
    "nets",
    "notNets",
    "selector",
    "notSelector",
    "namespaceSelector",
    "serviceAccounts",
    "services",
    "ports",
    "notPorts",
    "domains",
)
_NOT_BESIDE_SERVICES = (
    "selector",
    "notSelector",
    "namespaceSelector",
    "serviceAccounts",
    "nets",
    "notNets",
    "ports",
    "notPorts",
)
"""Source: the checks of Calico's API server, libcalico-go ``validateEntityRule`` and ``validateRule``."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What a rule says of one end: ``parts`` that must all hold, names, and the ports that a Service brings."""

    parts: tuple[Peer, ...] = ()
    names: tuple[NamePeer, ...] = ()
    ports: tuple[PortMatch, ...] | None = None

    @property
    def peer(self) -> Peer | None:
        """The parts as one peer; None for everyone."""
        if not self.parts:
            return None
        return self.parts[0] if len(self.parts) == 1 else AllPeers(self.parts)


def read_entity(field: Field | None, reading: Reading) -> Entity | None:
    """What a rule says of one end; None, with findings, where it is invalid."""
    if field is None:
        return Entity()
    if not field.is_mapping():
        return None
    field.report_unknown(FIELDS, why="Calico ignores the field.")
    selected = _read_selectors(field, reading)
    parts = _read_addresses(field)
    excluded = _read_excluded(field, reading)
    if selected is None or parts is None or excluded is None:
        return None
    services = field.get("services")
    beside = [name for name in _NOT_BESIDE_SERVICES if field.value.get(name)]
    if services is not None and beside:
        services.report(
            BAD_FIELD,
            f"{services} stands beside {' and '.join(beside)}.",
            why="Calico refuses the policy.",
            hint="Put the Service into a rule of its own.",
        )
        return None
    behind = read_services(services, reading) if services is not None else None
    if services is not None and behind is None:
        return None
    service = (behind.peer,) if behind is not None else ()
    ports = behind.ports if behind is not None else None
    return Entity((*selected, *service, *parts, *excluded), _read_domains(field), ports)


def family(version: int, field: Field) -> Peer:
    """What speaks one version of IP: by its addresses, or a pod of which none is known."""
    addresses = AddressPeer(ALL_V4 if version == 4 else ALL_V6, text=f"IPv{version}", origin=field.origin)
    unknown = AllPeers((PodPeer(), NotPeer(AddressPeer(ALL_ADDRESSES))))
    return AnyPeer((addresses, unknown), field.origin)


def _read_selectors(field: Field, reading: Reading) -> tuple[Peer, ...] | None:
    expressions = [
        read_expression(field.get("namespaceSelector"), namespace_key, global_alone=True),
        read_expression(field.get("selector"), endpoint_key),
        _read_accounts(field.get("serviceAccounts")),
    ]
    parts = [expr for expr in expressions if expr is not None]
    if len(parts) < len(expressions):
        return None
    # What is empty says nothing, and so doesn't keep a namespaced policy to its namespace.
    used = [
        name for name in ("namespaceSelector", "selector", "notSelector", "serviceAccounts") if field.value.get(name)
    ]
    if not used or (used == ["notSelector"] and not field.raw.ref.namespace):
        return ()
    if field.value.get("namespaceSelector"):
        parts[0] = _of_namespaces(parts[0])
    elif field.raw.ref.namespace:
        parts[0] = Requirement(derived.NAMESPACE, Operator.IN, (field.raw.ref.namespace,))
    return (_endpoints(AllOf(tuple(part for part in parts if part != EVERYTHING)), field, reading),)


def _of_namespaces(expr: LabelExpr) -> LabelExpr:
    """``all()`` of a namespace selector is what is in some namespace, wherever it stands in the expression."""
    match expr:
        case AllOf(()):
            return Requirement(derived.NAMESPACE, Operator.EXISTS)
        case AllOf(parts):
            return AllOf(tuple(map(_of_namespaces, parts)))
        case AnyOf(parts):
            return AnyOf(tuple(map(_of_namespaces, parts)))
        case Negation(part):
            return Negation(_of_namespaces(part))
    return expr


def _endpoints(expr: LabelExpr, field: Field, reading: Reading) -> Peer:
    """The pods that an expression matches, and the sets."""
    sets = sets_matching(expr, reading, field.origin)
    pods = AnyPeer((), field.origin) if expr == AllOf((GLOBAL,)) else pod_peer(expr, None, field.origin)
    return pods if sets is None else AnyPeer((pods, sets), field.origin)


def _read_accounts(field: Field | None) -> LabelExpr | None:
    if field is None:
        return EVERYTHING
    if not field.is_mapping():
        return None
    field.report_unknown(("names", "selector"))
    chosen = read_expression(field.get("selector"), account_key)
    names = field.get("names")
    if chosen is None or names is None or not names.value:
        return chosen
    items = names.items()
    texts = [item.text() for item in items or ()]
    if items is None or any(text is None for text in texts):
        return None
    named = Requirement(derived.SERVICE_ACCOUNT, Operator.IN, tuple(text for text in texts if text is not None))
    return named if chosen == EVERYTHING else AllOf((chosen, named))


def _read_addresses(field: Field) -> tuple[Peer, ...] | None:
    parts: list[Peer] = []
    for name in ("nets", "notNets"):
        listed = field.get(name)
        if listed is None or not listed.value:
            continue
        addresses = read_nets(listed)
        if addresses is None or not _of_one_family(listed, addresses):
            return None
        peer = AddressPeer(addresses, text=", ".join(map(str, listed.value)), origin=listed.origin)
        parts.append(peer if name == "nets" else NotPeer(peer, listed.origin))
    return tuple(parts)


def _of_one_family(listed: Field, addresses: AddressSet) -> bool:
    if (addresses & ALL_V4) and (addresses & ALL_V6):
        listed.report(
            BAD_FIELD,
            f"{listed} has ranges of both IPv4 and IPv6.",
            why="Calico refuses the policy.",
            hint="Write a rule for each.",
        )
        return False
    return True


def _read_excluded(field: Field, reading: Reading) -> tuple[Peer, ...] | None:
    """``notSelector``: whatever the selector doesn't match, in whichever namespace, outside the cluster too."""
    excluded = field.get("notSelector")
    if excluded is None or not excluded.value:
        return ()
    expr = read_expression(excluded, endpoint_key)
    return None if expr is None else (NotPeer(_endpoints(expr, excluded, reading), excluded.origin),)


def _read_domains(field: Field) -> tuple[NamePeer, ...]:
    """``domains`` of Calico Enterprise and Cloud; open source ignores the field."""
    domains = field.get("domains")
    if domains is None:
        return ()
    domains.report(
        ENTERPRISE_FIELD,
        f"{domains} is of Calico Enterprise and Cloud; open-source Calico has no rules by name.",
        why="It is read as names, as those products do; open-source Calico refuses or ignores it.",
        hint="On open source, put the addresses into a NetworkSet and select it by label.",
    )
    items = domains.items() or ()
    texts = [(item, item.text(code=BAD_FIELD)) for item in items]
    return tuple(NamePeer(text.lower(), item.origin) for item, text in texts if text)
