"""Writes AuthorizationPolicy ``security.istio.io/v1``.

It guards pods of the mesh as servers, and TCP alone, and knows callers by identity or address: policies of the network
lose their egress, and what they say of other pods, protocols and labels of callers.

Source: Istio reference, "AuthorizationPolicy".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ringfence.dialects.istio.operations import EVERY_PORT
from ringfence.dialects.istio.write_sources import sources_of
from ringfence.dialects.writing.bodies import Body, Clause, Losses, bodies
from ringfence.dialects.writing.losses import Manifest, Target, Written
from ringfence.dialects.writing.objects import Namer, manifest, source_of
from ringfence.model import derived
from ringfence.model.labels import Operator
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.policy import Action, Direction, Policy, Rule, Stage, StageKind
from ringfence.model.ports import NO_PORTS, IcmpRange, NamedPort, PortMatch, PortRange, PortSet, Protocol

API_VERSION = "security.istio.io/v1"
KIND = "AuthorizationPolicy"

MOST_PORTS = 64
"""Ports are listed one by one."""


def write_authorization_policies(stages: Sequence[Stage], target: Target) -> Written:
    """Policies that deny for stages that only deny, and that allow for additive ones."""
    losses, namer = Losses(), Namer()
    objects: list[Manifest] = []
    for stage in stages:
        for policy in stage.policies:
            _tell_egress(policy, losses)
            rest = [rule for rule in policy.ingress if _is_written(stage, policy, rule, losses)]
            only_ingress = replace(policy, egress=(), ingress=tuple(rest))
            if stage.kind is StageKind.ADDITIVE and Direction.INGRESS not in policy.isolates:
                continue
            for body in bodies(only_ingress, losses):
                objects.extend(_objects(stage, body, target, namer, losses))
    return Written(tuple(objects), tuple(losses.found))


def _tell_egress(policy: Policy, losses: Losses) -> None:
    if policy.egress or Direction.EGRESS in policy.isolates:
        why = "AuthorizationPolicy guards servers, not clients."
        losses.add(policy.ref, policy.origin, f"What {policy.ref} says of egress is left out.", why)


def _is_written(stage: Stage, policy: Policy, rule: Rule, losses: Losses) -> bool:
    if rule.name == OTHER_PROTOCOLS:
        return False  # the mesh says it of itself
    why = ""
    if stage.kind is StageKind.ORDERED and (rule.action is not Action.DENY or stage.closes):
        why = "Istio knows no order: every deny wins over every allow."
    elif stage.kind is StageKind.ADDITIVE and Direction.INGRESS not in policy.isolates:
        why = "It allows ingress without isolating it, and an ALLOW policy isolates its workloads."
    if why:
        losses.add(policy.ref, rule.origin, f"The {rule.action} rule is left out.", why)
    return not why


def _objects(stage: Stage, body: Body, target: Target, namer: Namer, losses: Losses) -> Iterator[Manifest]:
    policy = body.policy
    labels = _labels(body)
    if labels is None:
        why = "AuthorizationPolicy selects workloads by label=value, in one namespace or in all."
        losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
        return
    if not _asks(body, derived.MESH):
        what = f"{policy.ref} guards no pod outside the mesh, and TCP alone."
        losses.add(policy.ref, policy.origin, what, "AuthorizationPolicy is enforced by the mesh.")
    denies = stage.kind is StageKind.ORDERED
    rules = [rule for clause in body.ingress for rule in _rules(policy, clause, losses)]
    if denies and not rules:
        return
    spec: dict[str, Any] = {**({"selector": {"matchLabels": labels}} if labels else {})}
    spec["action"] = "DENY" if denies else "ALLOW"
    if rules:
        spec["rules"] = rules
    namespace = body.subject.namespace or target.snapshot.mesh.root_namespace
    name = namer.name(KIND, namespace, policy.ref.name)
    yield manifest(API_VERSION, KIND, name, namespace, source_of(policy), target, spec)


def _asks(body: Body, key: str) -> bool:
    return any(literal.requirement.key == key for literal in body.subject.literals)


def _labels(body: Body) -> dict[str, str] | None:
    """The labels of the workloads; None where they are chosen otherwise."""
    found: dict[str, str] = {}
    for literal in body.subject.literals:
        asked = literal.requirement
        one = asked.operator is Operator.IN and len(asked.values) == 1
        if asked.key == derived.MESH and asked.operator is Operator.EXISTS:
            continue
        if asked.key == derived.NAMESPACE and one:
            continue
        if derived.is_derived(asked.key) or not one:
            return None
        found[asked.key] = asked.values[0]
    return found


def _rules(policy: Policy, clause: Clause, losses: Losses) -> Iterator[Manifest]:
    def note(what: str, why: str) -> None:
        losses.add(policy.ref, clause.rule.origin, what, why)

    ports = _tcp(clause.rule.ports)
    if any(isinstance(port, NamedPort) for port in clause.rule.ports or ()):
        note("Ports by name are left out.", "AuthorizationPolicy lists ports by number.")
    if any(isinstance(port, IcmpRange) for port in clause.rule.ports or ()):
        note("ICMP is left out.", "The mesh carries TCP alone.")
    if not ports:
        return
    operation = _operation(ports)
    if operation is None:
        note("The rule is left out.", f"AuthorizationPolicy lists ports one by one, and these are over {MOST_PORTS}.")
        return
    tail = {"to": [{"operation": operation}]} if operation else {}
    if clause.region.is_everyone:
        yield tail
        return
    sources = list(sources_of(clause, note))
    if sources:
        yield {"from": [{"source": source} for source in sources], **tail}


def _tcp(ports: Iterable[PortMatch] | None) -> PortSet:
    if ports is None:
        return EVERY_PORT
    found = NO_PORTS
    for port in ports:
        if isinstance(port, PortRange) and port.protocol is Protocol.TCP:
            found |= PortSet.range(port.protocol, port.lo, port.hi)
    return found


def _operation(ports: PortSet) -> Manifest | None:
    """The ports, or those that are not meant; None where both are too many to list."""
    if ports == EVERY_PORT:
        return {}
    for name, some in (("ports", ports), ("notPorts", EVERY_PORT - ports)):
        if some.size <= MOST_PORTS:
            spans = some.of_protocol(Protocol.TCP)
            return {name: [str(port) for lo, hi in spans for port in range(lo, hi + 1)]}
    return None
