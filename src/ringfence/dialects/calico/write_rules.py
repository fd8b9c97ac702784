"""Rules of Calico's policies: one for each peer and protocol, in the order of the rules that they are made of.

Source: Calico reference, "Rule", "EntityRule" and "Ports".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from ringfence.dialects.calico.write_icmp import icmp_fields
from ringfence.dialects.calico.write_selector import selectors
from ringfence.dialects.writing.blocks import cidrs
from ringfence.dialects.writing.bodies import Clause, Losses
from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.ranges import check_ranges, outside_of
from ringfence.dialects.writing.regions import region_of
from ringfence.dialects.writing.terms import Term, TooManyTermsError
from ringfence.model import derived
from ringfence.model.addresses import ALL_V4, ALL_V6, AddressSet
from ringfence.model.policy import Action, Direction, Policy
from ringfence.model.ports import MAX_PORT, MIN_PORT, IcmpRange, NamedPort, PortMatch, PortRange, Protocol

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
        if {_version(other), _version(own)} == {4, 6}:
            continue  # no connection has both, and Calico refuses a rule that has
        rule: dict[str, Any] = {"action": _ACTIONS[clause.rule.action], **protocol}
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
                found.extend(made)
    outside = outside_of(clause, note)
    check_ranges(replace(region, outside=outside), outside, note)
    return [*found, *_nets(outside)]


def _entity(term: Term, place: Place) -> list[Manifest] | None:
    """A term, once for each version of IP that it has ranges of; None where Calico can't say it."""
    if any(literal.requirement.key in UNKNOWN for literal in term.literals):
        return None
    ranges = [{}] if term.addresses is None else list(_nets(term.addresses))
    return [{**selectors(term, place.namespace), **nets} for nets in ranges]


def _nets(addresses: AddressSet) -> Iterator[Manifest]:
    """Ranges of one version of IP each: Calico refuses a rule with both."""
    for family in (ALL_V4, ALL_V6):
        if addresses & family:
            yield {"nets": cidrs(addresses & family)}


def _version(end: Manifest) -> int:
    """The version of IP of an end's ranges; 0 where it has none."""
    nets = end.get("nets")
    return 0 if not nets else 6 if ":" in nets[0] else 4


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
    found: list[Manifest] = []
    unknown = False
    for term in pods:
        made = _entity(term, place)
        unknown |= made is None
        found.extend(made or ())
    if unknown:
        losses.add(policy.ref, clause.rule.origin, "The rule is left out.", "Calico can't select whom it is for.")
        return []
    return [made if made != {"namespaceSelector": "all()"} else {} for made in found]


def _ports(ports: Iterable[PortMatch] | None) -> list[tuple[Manifest, list[Any]]]:
    """Protocols with their ports; no protocol stands for every one, no ports for all of a protocol."""
    if ports is None:
        return [({}, [])]
    by_protocol: dict[Protocol, list[Any] | None] = {}
    messages = []
    for port in ports:
        if isinstance(port, IcmpRange):
            messages.append(port)
            continue
        for protocol in Protocol if port.protocol is None else (port.protocol,):
            listed = by_protocol.setdefault(protocol, [])
            if isinstance(port, PortRange) and (port.lo, port.hi) == (MIN_PORT, MAX_PORT):
                by_protocol[protocol] = None
            elif listed is not None:
                listed.append(port.name if isinstance(port, NamedPort) else _port(port))
    numbered = [({"protocol": str(protocol)}, listed or []) for protocol, listed in sorted(by_protocol.items())]
    return numbered + [(fields, []) for fields in icmp_fields(messages)]


def _port(port: PortRange) -> int | str:
    return port.lo if port.lo == port.hi else f"{port.lo}:{port.hi}"
