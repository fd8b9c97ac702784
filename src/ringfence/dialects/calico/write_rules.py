"""Rules of Calico's policies: one for each peer and protocol, in the order of the rules that they are made of.

Source: Calico reference, "Rule", "EntityRule" and "Ports".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from ringfence.dialects.calico.write_selector import selectors
from ringfence.dialects.writing.blocks import cidrs
from ringfence.dialects.writing.bodies import Clause, Losses
from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.ranges import check_ranges, outside_of
from ringfence.dialects.writing.regions import region_of
from ringfence.dialects.writing.terms import Term, TooManyTermsError
from ringfence.model import derived
from ringfence.model.policy import Action, Direction, Policy
from ringfence.model.ports import MAX_PORT, MIN_PORT, NamedPort, PortMatch, Protocol

_ACTIONS = {Action.ALLOW: "Allow", Action.DENY: "Deny", Action.PASS: "Pass", Action.LOG: "Log"}
_ENDS = {Direction.INGRESS: ("source", "destination"), Direction.EGRESS: ("destination", "source")}
UNKNOWN = (derived.MESH, derived.PRINCIPAL, derived.NODE)
"""What the engine knows of a pod and Calico's selectors don't."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands: its direction, and the namespace of its policy, empty for a global one."""

    direction: Direction
    namespace: str


def rules_of(policy: Policy, clause: Clause, place: Place, losses: Losses) -> Iterator[Manifest]:
    """The rules that one of the policy's becomes; what they can't say is a loss."""
    others = _entities(policy, clause, place, losses)
    owns = _own_entities(policy, clause, place, losses)
    other_end, own_end = _ENDS[place.direction]
    for other, own, (protocol, ports) in product(others, owns, _ports(clause.rule.ports)):
        rule: dict[str, Any] = {"action": _ACTIONS[clause.rule.action]}
        if protocol:
            rule["protocol"] = protocol
        ends = {other_end: dict(other), own_end: dict(own)}
        if ports:
            ends["destination"]["ports"] = ports
        rule |= {end: ends[end] for end in ("source", "destination") if ends[end]}
        yield rule


def _entities(policy: Policy, clause: Clause, place: Place, losses: Losses) -> list[Manifest]:
    """The other end, one entity for each that can stand alone."""

    def note(what: str, why: str) -> None:
        losses.add(policy.ref, clause.rule.origin, what, why)

    region = clause.region
    if region.is_everyone:
        return [{}]
    found: list[Manifest] = []
    for term in region.pods:
        if term.literals or term.addresses is None:
            made = _entity(term, place)
            if made is None:
                note(
                    "Pods that the rule selects are left out.", "Calico knows no identities in the mesh, and no nodes."
                )
            else:
                found.append(made)
    outside = outside_of(clause, note)
    check_ranges(replace(region, outside=outside), outside, note)
    if outside:
        found.append({"nets": cidrs(outside)})
    return found


def _entity(term: Term, place: Place) -> Manifest | None:
    if any(literal.requirement.key in UNKNOWN for literal in term.literals):
        return None
    nets = {} if term.addresses is None else {"nets": cidrs(term.addresses)}
    return {**selectors(term, place.namespace), **nets}


def _own_entities(policy: Policy, clause: Clause, place: Place, losses: Losses) -> list[Manifest]:
    """The own end, where the rule is for some of the policy's pods."""
    if clause.rule.only is None:
        return [{}]
    try:
        pods = region_of(clause.rule.only).pods
    except TooManyTermsError:
        why = "Whom it is for takes more alternatives than anyone could read."
        losses.add(policy.ref, clause.rule.origin, "The rule is left out.", why)
        return []
    found = [_entity(term, place) for term in pods]
    if any(made is None for made in found):
        losses.add(policy.ref, clause.rule.origin, "The rule is left out.", "Calico can't select whom it is for.")
        return []
    return [made if made != {"namespaceSelector": "all()"} else {} for made in found if made is not None]


def _ports(ports: Iterable[PortMatch] | None) -> list[tuple[str, list[Any]]]:
    """Protocols with their ports; no protocol stands for every one, no ports for all of a protocol."""
    if ports is None:
        return [("", [])]
    by_protocol: dict[Protocol, list[Any] | None] = {}
    for port in ports:
        for protocol in Protocol if port.protocol is None else (port.protocol,):
            listed = by_protocol.setdefault(protocol, [])
            if not isinstance(port, NamedPort) and (port.lo, port.hi) == (MIN_PORT, MAX_PORT):
                by_protocol[protocol] = None
            elif listed is not None:
                listed.append(_port(port))
    return [(str(protocol), listed or []) for protocol, listed in sorted(by_protocol.items())]


def _port(port: PortMatch) -> int | str:
    if isinstance(port, NamedPort):
        return port.name
    return port.lo if port.lo == port.hi else f"{port.lo}:{port.hi}"
