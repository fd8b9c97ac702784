"""Rules of ClusterNetworkPolicy: ingress from pods alone, egress to pods, nodes, networks and names.

Source: network-policy-api v0.2.0, apis/v1alpha2; at most 25 peers, networks and protocols each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ringfence.dialects.writing.blocks import cidrs
from ringfence.dialects.writing.bodies import Clause, Losses
from ringfence.dialects.writing.losses import Manifest
from ringfence.dialects.writing.objects import UnwritableError, selector
from ringfence.dialects.writing.ranges import Note, check_ranges
from ringfence.dialects.writing.regions import NodeTerm, Region
from ringfence.dialects.writing.terms import Literal, Term, TooManyTermsError, expression_terms
from ringfence.model import derived
from ringfence.model.addresses import ALL_ADDRESSES
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.policy import Action, Direction, NodePeer, Policy
from ringfence.model.ports import IcmpRange, NamedPort, PortMatch

MOST = 25
"""So many rules an object may have in one direction, and so many peers and ports a rule."""

_ACTIONS = {Action.ALLOW: "Accept", Action.DENY: "Deny", Action.PASS: "Pass"}
_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_DOMAIN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9_-]*[a-z0-9])?")


def selected(term: Term) -> Manifest:
    """A subject, or a peer: ``namespaces``, or ``pods`` where labels of pods are asked for.

    Raises:
        UnwritableError: the term asks for what the API's selectors can't.
    """
    of_namespace = [literal for literal in term.literals if _is_of_namespace(literal)]
    pods = [literal for literal in term.literals if not _is_of_namespace(literal)]
    namespaces = selector(of_namespace, _namespace_key)
    if not pods:
        return {"namespaces": namespaces}
    return {"pods": {"namespaceSelector": namespaces, "podSelector": selector(pods, _pod_key)}}


def rules_of(policy: Policy, clause: Clause, direction: Direction, losses: Losses) -> Iterator[Manifest]:
    """The rules that one becomes.

    Several where there are more peers or ports than one may have, or names of ports beside peers without them.
    """

    def note(what: str, why: str) -> None:
        losses.add(policy.ref, clause.rule.origin, what, why)

    pods = list(_pods(clause.region, note))
    others = list(_others(clause, direction, note))
    numbers, names = _ports(clause.rule.ports, note)
    if clause.rule.ports is None:
        yield from _rules(clause, direction, [*pods, *others], [])
        return
    if numbers or names:
        if pods:
            yield from _rules(clause, direction, pods, [*numbers, *names])
        if others and numbers:
            yield from _rules(clause, direction, others, numbers)


def _rules(clause: Clause, direction: Direction, peers: Sequence[Any], ports: Sequence[Any]) -> Iterator[Manifest]:
    head: Manifest = {
        **({"name": clause.rule.name} if clause.rule.name else {}),
        "action": _ACTIONS[clause.rule.action],
    }
    for at in range(0, len(peers), MOST):
        for some in [ports[start : start + MOST] for start in range(0, len(ports), MOST)] or [[]]:
            tail = {"protocols": list(some)} if some else {}
            yield {**head, _PEERS[direction]: list(peers[at : at + MOST]), **tail}


def _pods(region: Region, note: Note) -> Iterator[Manifest]:
    for term in region.selected_pods:
        try:
            yield selected(term)
        except UnwritableError as error:
            note("Pods that the rule selects are left out.", str(error))
    if any(term.literals and term.addresses is not None for term in region.pods):
        note("Pods that the rule means by label and address are left out.", "A peer can't ask for both.")


def _others(clause: Clause, direction: Direction, note: Note) -> Iterator[Manifest]:
    region = clause.region
    if direction is Direction.INGRESS:
        if region.outside or region.nodes or clause.names:
            note("What comes from outside the cluster, or from nodes, is left out.", "Ingress rules know pods only.")
        if region.pods_in and not region.all_pods:
            note("Pods that the rule means by address are left out.", "Ingress rules know no networks.")
        return
    nodes, left = _nodes(region)
    for each in nodes:
        yield {"nodes": each}
    check_ranges(replace(region, nodes=left), region.outside, note)
    ranges = cidrs(region.outside)
    for at in range(0, len(ranges), MOST):
        yield {"networks": ranges[at : at + MOST]}
    names = []
    for name in clause.names:
        if clause.rule.action is Action.ALLOW and _DOMAIN.fullmatch(name.pattern):
            names.append(name.pattern)
        else:
            note(f"The name {name.pattern} is left out.", "Only accepting rules have names, with * as the first label.")
    if names:
        yield {"domainNames": names}


def _nodes(region: Region) -> tuple[list[Manifest], tuple[NodeTerm, ...]]:
    """Nodes that can be selected, and the region's nodes without those: ranges mean theirs as well."""
    in_ranges = (NodeTerm(region.outside),) if region.outside else ()
    if region.all_nodes:
        return [{}], in_ranges
    found: list[Manifest] = []
    left: list[NodeTerm] = []
    for term in region.nodes:
        choices = list(term.choices)
        chosen = choices[0][0] if len(choices) == 1 and choices[0][1] else None
        if isinstance(chosen, NodePeer) and term.addresses == ALL_ADDRESSES:
            try:
                found += [selector(each.literals, _pod_key) for each in expression_terms(chosen.nodes)]
                continue
            except (UnwritableError, TooManyTermsError):
                pass
        left.append(term)
    return found, tuple(left)


def _ports(ports: Iterable[PortMatch] | None, note: Note) -> tuple[list[Manifest], list[Manifest]]:
    """The entries of ``protocols``, by number and by name."""
    numbers: list[Manifest] = []
    names: list[Manifest] = []
    for port in ports or ():
        if isinstance(port, NamedPort):
            if port.protocol is not None:
                what = f"The port {port.name} is written for every protocol."
                note(what, f"A name can't be limited to {port.protocol} here.")
            names.append({"destinationNamedPort": port.name})
        elif isinstance(port, IcmpRange):
            note(f"{port} is left out.", "The API has ports of TCP, UDP and SCTP.")
        else:
            one = port.lo == port.hi
            bounds = {"number": port.lo} if one else {"range": {"start": port.lo, "end": port.hi}}
            numbers.append({str(port.protocol).lower(): {"destinationPort": bounds}})
    return numbers, [each for number, each in enumerate(names) if each not in names[:number]]


def _is_of_namespace(literal: Literal) -> bool:
    key = literal.requirement.key
    return key == derived.NAMESPACE or key.startswith(derived.NAMESPACE_LABEL)


def _namespace_key(key: str) -> str:
    return NAMESPACE_NAME_LABEL if key == derived.NAMESPACE else key.removeprefix(derived.NAMESPACE_LABEL)


def _pod_key(key: str) -> str:
    if derived.is_derived(key):
        raise UnwritableError(f"It asks for {key.strip(':')}, which is no label.")
    return key
