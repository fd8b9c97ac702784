"""Whether one rule, or subject, lies within another whatever pods come: by what selectors ask, not by who matches.

Every answer of True is certain; False may mean that it can't be told from the selectors alone.
"""

from __future__ import annotations

from ringfence.engine.facts import Facts
from ringfence.model.labels import AllOf, LabelExpr, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.policy import AddressPeer, NodePeer, Peer, PodPeer, Rule
from ringfence.model.ports import EVERY_PORT, NamedPort, PortSet, resolve_ports


def rule_within(inner: Rule, outer: Rule, facts: Facts) -> bool:
    """True where everything that ``inner`` matches, ``outer`` matches too, and for certain."""
    if outer.conditions or (inner.conditions and inner != outer):
        return False
    if outer.only is not None and outer.only != inner.only:
        return False
    return _peers_within(inner.peers, outer.peers, facts) and _ports_within(inner, outer)


def _peers_within(inner: tuple[Peer, ...] | None, outer: tuple[Peer, ...] | None, facts: Facts) -> bool:
    if outer is None:
        return True
    if inner is None:
        return False
    return all(any(peer_within(peer, other, facts) for other in outer) for peer in inner)


def _ports_within(inner: Rule, outer: Rule) -> bool:
    if outer.ports is None:
        return True
    if inner.ports is None:
        return _numeric(outer) == EVERY_PORT
    named = {(port.name, port.protocol) for port in outer.ports if isinstance(port, NamedPort)}
    numeric = _numeric(outer)
    return _numeric(inner) <= numeric and all(
        (port.name, port.protocol) in named or (port.name, None) in named
        for port in inner.ports
        if isinstance(port, NamedPort)
    )


def _numeric(rule: Rule) -> PortSet:
    return resolve_ports(tuple(port for port in rule.ports or () if not isinstance(port, NamedPort)), ())


def peer_within(inner: Peer, outer: Peer, facts: Facts) -> bool:
    """True where every endpoint of ``inner`` is one of ``outer``. A name is certain of nothing."""
    match inner, outer:
        case PodPeer(), PodPeer():
            return pods_within(inner, outer, facts)
        case AddressPeer(), AddressPeer():
            return (
                inner.addresses <= outer.addresses
                and (outer.pods or not inner.pods)
                and (outer.nodes or not inner.nodes)
            )
        case NodePeer(), NodePeer():
            return _implies(inner.nodes, outer.nodes)
        case _:
            return False


def pods_within(inner: PodPeer, outer: PodPeer, facts: Facts) -> bool:
    """True where every pod of ``inner``, of today or later, is one of ``outer``."""
    return _namespaces_within(inner, outer, facts) and _implies(inner.pods, outer.pods)


def _namespaces_within(inner: PodPeer, outer: PodPeer, facts: Facts) -> bool:
    if outer.namespace is not None:
        if inner.namespace is not None:
            return inner.namespace == outer.namespace
        return _implies(inner.namespaces, Requirement(NAMESPACE_NAME_LABEL, Operator.IN, (outer.namespace,)))
    if inner.namespace is None:
        return _implies(inner.namespaces, outer.namespaces)
    return outer.namespaces.matches(facts.namespace_labels(inner.namespace))


def _implies(inner: LabelExpr, outer: LabelExpr) -> bool:
    """True where every label set that matches ``inner`` matches ``outer``."""
    if inner is outer:
        return True
    if isinstance(outer, AllOf):
        return all(_implies(inner, part) for part in outer.parts)
    if isinstance(inner, AllOf):
        return any(_implies(part, outer) for part in inner.parts)
    if isinstance(inner, Requirement) and isinstance(outer, Requirement):
        return inner.key == outer.key and _requirement_implies(inner, outer)
    return inner == outer


def _requirement_implies(inner: Requirement, outer: Requirement) -> bool:
    mine, theirs = set(inner.values), set(outer.values)
    match inner.operator, outer.operator:
        case Operator.IN, Operator.IN:
            return mine <= theirs
        case Operator.IN, Operator.EXISTS:
            return True
        case Operator.IN, Operator.NOT_IN:
            return not mine & theirs
        case Operator.NOT_IN, Operator.NOT_IN:
            return theirs <= mine
        case Operator.DOES_NOT_EXIST, Operator.NOT_IN:
            return True
        case _:
            return inner == outer
