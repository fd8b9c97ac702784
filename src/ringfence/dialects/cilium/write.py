"""Writes CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy ``cilium.io/v2``.

A subject in one namespace becomes a CiliumNetworkPolicy, any other a CiliumClusterwideNetworkPolicy. Ordered stages
can be written where they only deny and stand before the allows.

Source: Cilium documentation, "Layer 3 policies", "Deny policies" and "Layer 4 policies"; Rule in the API reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ringfence.dialects.cilium.labels import (
    ACCOUNT_KEY,
    NAMESPACE_KEY,
    NAMESPACE_LABEL_PREFIX,
)
from ringfence.dialects.cilium.ports import MOST_PORTS
from ringfence.dialects.cilium.write_icmp import icmp_fields
from ringfence.dialects.writing.blocks import blocks
from ringfence.dialects.writing.bodies import Body, Clause, Losses, bodies
from ringfence.dialects.writing.losses import Manifest, Target, Written
from ringfence.dialects.writing.objects import Namer, UnwritableError, manifest, selector, source_of
from ringfence.dialects.writing.regions import Region
from ringfence.dialects.writing.terms import Term, TooManyTermsError, expression_terms
from ringfence.model import derived
from ringfence.model.addresses import ALL_ADDRESSES
from ringfence.model.labels import Operator
from ringfence.model.policy import Action, Direction, NamePeer, NodePeer, Policy, SameNodePeer, Stage, StageKind
from ringfence.model.ports import MAX_PORT, MIN_PORT, IcmpRange, NamedPort, PortRange

API_VERSION = "cilium.io/v2"

_PREFIX = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_ORDER = (Direction.INGRESS, Direction.EGRESS)
_SOURCE = "k8s:"

Note = Callable[[str, str], None]


@dataclass(slots=True)
class _Object:
    """The allows and denies of one policy for one subject."""

    policy: Policy
    subject: Term
    allows: Body | None = None
    denies: Body | None = None


def write_cilium_policies(stages: Sequence[Stage], target: Target) -> Written:
    """Cilium's policies for denies that come first, and for what additive stages allow."""
    losses, namer = Losses(), Namer()
    merged: dict[tuple[object, ...], _Object] = {}
    late = False
    for stage in stages:
        for policy in stage.policies:
            if stage.kind is StageKind.ORDERED and not _only_denies(stage, policy, losses, late=late):
                continue
            for body in bodies(policy, losses):
                key = (policy.ref, policy.order, body.subject)
                found = merged.setdefault(key, _Object(policy, body.subject))
                if stage.kind is StageKind.ORDERED:
                    found.denies = _joined(found.denies, body)
                else:
                    found.policy = policy
                    found.allows = _joined(found.allows, body)
        late = late or stage.kind is StageKind.ADDITIVE
    objects = [made for each in merged.values() for made in _objects(each, target, namer, losses)]
    return Written(tuple(objects), tuple(losses.found))


def _joined(before: Body | None, body: Body) -> Body:
    if before is None:
        return body
    return Body(body.policy, body.subject, before.egress + body.egress, before.ingress + body.ingress)


def _only_denies(stage: Stage, policy: Policy, losses: Losses, *, late: bool) -> bool:
    """True where the policy's rules can be Cilium's denies; otherwise each is a loss."""
    why = ""
    if late:
        why = "Cilium's denies win over every allow, and here an allow comes first."
    elif stage.default is Action.DENY:
        why = "Cilium has no tier that ends in a deny before other policies are asked."
    elif any(rule.action is not Action.DENY for each in stage.policies for rule in (*each.egress, *each.ingress)):
        why = "Cilium knows no order: every deny wins over every allow."
    if why:
        for rule in (*policy.egress, *policy.ingress):
            losses.add(policy.ref, rule.origin, f"The {rule.action} rule is left out.", why)
    return not why


def _objects(each: _Object, target: Target, namer: Namer, losses: Losses) -> Iterator[Manifest]:
    policy, namespace = each.policy, each.subject.namespace
    of_namespace = [literal for literal in each.subject.literals if literal.requirement.key == derived.NAMESPACE]
    own = namespace if namespace is not None and len(of_namespace) == 1 else None
    try:
        chosen = selector((each.subject if own is None else each.subject.without_namespace()).literals, _key)
    except UnwritableError as error:
        losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", f"Cilium can't select its pods. {error}")
        return
    spec: dict[str, Any] = {"endpointSelector": chosen}
    closes: dict[str, bool] = {}
    isolates = each.allows.policy.isolates if each.allows is not None else frozenset()
    for direction in _ORDER:
        allows = _section(each.allows, direction, own, losses)
        denies = _section(each.denies, direction, own, losses)
        if direction in isolates and not allows:
            allows = [{}]  # isolates, and allows nobody
        if allows:
            spec[str(direction)] = allows
        if denies:
            spec[f"{direction}Deny"] = denies
        if (allows or denies) and direction not in isolates:
            closes[str(direction)] = False
    if len(spec) == 1:
        return
    if closes:
        spec = {"endpointSelector": chosen, "enableDefaultDeny": closes, **spec}
    kind = "CiliumNetworkPolicy" if own is not None else "CiliumClusterwideNetworkPolicy"
    name = namer.name(kind, own or "", policy.ref.name)
    yield manifest(API_VERSION, kind, name, own or "", source_of(policy), target, spec)


def _key(key: str) -> str:
    if key == derived.NAMESPACE:
        return _SOURCE + NAMESPACE_KEY
    if key == derived.SERVICE_ACCOUNT:
        return _SOURCE + ACCOUNT_KEY
    if key.startswith(derived.NAMESPACE_LABEL):
        return _SOURCE + NAMESPACE_LABEL_PREFIX + key.removeprefix(derived.NAMESPACE_LABEL)
    if derived.is_derived(key):
        raise UnwritableError(f"It asks for {key}, which Cilium's labels don't tell.")
    return key


def _section(body: Body | None, direction: Direction, own: str | None, losses: Losses) -> list[Manifest]:
    if body is None:
        return []
    return [rule for clause in body.clauses(direction) for rule in _rules(body.policy, clause, direction, own, losses)]


def _rules(policy: Policy, clause: Clause, direction: Direction, own: str | None, losses: Losses) -> Iterator[Manifest]:
    """One rule a kind of peers, each with the same ports: Cilium refuses two kinds in one."""
    tails = _tails(policy, clause, losses)
    if not tails:
        return
    if clause.region.is_everyone:
        for tail in tails:
            yield tail or {_PREFIX[direction] + "Entities": ["all"]}
        return
    for kind, items in _peers(policy, clause, direction, own, losses).items():
        for tail in tails if items else ():
            yield {_PREFIX[direction] + kind: items, **tail}


def _tails(policy: Policy, clause: Clause, losses: Losses) -> list[Manifest]:
    """What a rule says of ports, and of ICMP, which takes a rule of its own."""
    if clause.rule.ports is None:
        return [{}]
    ports = port_lists(port for port in clause.rule.ports if not isinstance(port, IcmpRange))
    fields, partial = icmp_fields(port for port in clause.rule.ports if isinstance(port, IcmpRange))
    if partial:
        why = "Rules of Cilium match a type of ICMP with any code."
        losses.add(policy.ref, clause.rule.origin, f"Codes of ICMP are left out: {partial}.", why)
    return [{"toPorts": ports}] * bool(ports) + [{"icmps": fields}] * bool(fields)


def port_lists(ports: Iterable[PortRange | NamedPort]) -> list[Manifest]:
    """The entries of ``toPorts``."""
    entries = [_port(port) for port in ports]
    return [{"ports": entries[at : at + MOST_PORTS]} for at in range(0, len(entries), MOST_PORTS)]


def _port(port: PortRange | NamedPort) -> Manifest:
    if isinstance(port, NamedPort):
        return {"port": port.name, "protocol": "ANY" if port.protocol is None else str(port.protocol)}
    if (port.lo, port.hi) == (MIN_PORT, MAX_PORT):
        return {"port": "0", "protocol": str(port.protocol)}
    end = {"endPort": port.hi} if port.hi != port.lo else {}
    return {"port": str(port.lo), **end, "protocol": str(port.protocol)}


def _peers(
    policy: Policy, clause: Clause, direction: Direction, own: str | None, losses: Losses
) -> Mapping[str, list[Any]]:
    def note(what: str, why: str) -> None:
        losses.add(policy.ref, clause.rule.origin, what, why)

    region = clause.region
    entities = _entities(region)
    endpoints = []
    for term in () if "cluster" in entities else region.selected_pods:
        try:
            endpoints.append(_endpoints(term, own))
        except UnwritableError as error:
            note("Pods that the rule selects are left out.", str(error))
    found: dict[str, list[Any]] = {"Endpoints": endpoints, "Entities": entities}
    if region.outside != ALL_ADDRESSES:
        found["CIDRSet"] = [
            {"cidr": cidr, **({"except": list(exceptions)} if exceptions else {})}
            for cidr, exceptions in blocks(region.outside)
        ]
    found["Nodes"] = _nodes(region, note)
    found["FQDNs"] = _names(clause.names, direction, clause.rule.action, note)
    if any(term.addresses is not None for term in region.pods) and not region.all_pods:
        note("Pods that the rule means by address are left out.", "Ranges of Cilium match no pod.")
    if region.nodes_in and not region.all_nodes:
        note("Nodes that the rule means by address are left out.", "Ranges of Cilium match no node.")
    return found


def _entities(region: Region) -> list[str]:
    found = []
    if region.all_pods and region.all_nodes:
        found.append("cluster")
    elif region.all_nodes:
        found += ["host", "remote-node"]
    else:
        for term in region.nodes:
            same = [peer.same is holds for peer, holds in term.choices if isinstance(peer, SameNodePeer)]
            if len(same) == len(term.choices) == 1 and term.addresses == ALL_ADDRESSES:
                found.append(_SAME[same[0]])
    if region.outside == ALL_ADDRESSES:
        found.append("world")
    return found


_SAME = {True: "host", False: "remote-node"}


def _nodes(region: Region, note: Note) -> list[Manifest]:
    found: list[Manifest] = []
    for term in region.nodes:
        choices = list(term.choices)
        if not choices or (len(choices) == 1 and isinstance(choices[0][0], SameNodePeer)):
            continue  # by address, or an entity
        peer, holds = choices[0]
        if len(choices) > 1 or not holds or not isinstance(peer, NodePeer) or term.addresses != ALL_ADDRESSES:
            note("Nodes that the rule means are left out.", "Cilium can't choose nodes so.")
            continue
        try:
            found.extend([selector(each.literals, _key) for each in expression_terms(peer.nodes)])
        except (UnwritableError, TooManyTermsError):
            note("Nodes that the rule means are left out.", "Cilium can't choose nodes so.")
            continue
        why = "Cilium selects nodes only where the agent runs with enable-node-selector-labels."
        note("Whether the rule means its nodes depends on the agent.", why)
    return found


def _endpoints(term: Term, own: str | None) -> Manifest:
    of_namespace = [literal for literal in term.literals if literal.requirement.key == derived.NAMESPACE]
    by_label = any(literal.requirement.key.startswith(derived.NAMESPACE_LABEL) for literal in term.literals)
    if own is not None and term.namespace == own and len(of_namespace) == 1 and not by_label:
        return selector(term.without_namespace().literals, _key)
    chosen = selector(term.literals, _key)
    if not _is_of_pods(term, own):
        anywhere = {"key": _SOURCE + NAMESPACE_KEY, "operator": Operator.EXISTS.value}
        chosen["matchExpressions"] = [anywhere, *chosen.get("matchExpressions", ())]
    return chosen


def _is_of_pods(term: Term, own: str | None) -> bool:
    """True where a selector means pods, and of every namespace, without saying so.

    A selector that only tells what labels are not also means nodes and the world, which have none; one that says
    nothing of namespaces means, in a policy of a namespace, those of this alone.

    Source: Cilium documentation, "Layer 3 policies", endpoints based; "Using Kubernetes constructs in policy".
    """
    there = [
        literal.requirement.key
        for literal in term.literals
        if literal.requirement.operator in (Operator.IN, Operator.EXISTS)
    ]
    if any(key == derived.NAMESPACE or key.startswith(derived.NAMESPACE_LABEL) for key in there):
        return True
    asks_namespaces = any(
        literal.requirement.key == derived.NAMESPACE or literal.requirement.key.startswith(derived.NAMESPACE_LABEL)
        for literal in term.literals
    )
    return bool(there) and (own is None or asks_namespaces)


def _names(names: Iterable[NamePeer], direction: Direction, action: Action, note: Note) -> list[Manifest]:
    names = list(names)
    if names and (direction is Direction.INGRESS or action is not Action.ALLOW):
        note(
            f"The names {', '.join(name.pattern for name in names)} are left out.",
            "Cilium allows names in egress only.",
        )
        return []
    return [{"matchPattern" if "*" in name.pattern else "matchName": name.pattern} for name in names]
