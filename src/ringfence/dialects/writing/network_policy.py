"""Writes NetworkPolicy ``networking.k8s.io/v1``: one namespace, allows only, ranges that mean pods and nodes too.

Source: NetworkPolicySpec in the Kubernetes API reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ringfence.dialects.network_policy import CNIS_WITHOUT_POD_CIDR
from ringfence.dialects.writing.blocks import blocks
from ringfence.dialects.writing.bodies import Body, Clause, Losses, bodies
from ringfence.dialects.writing.losses import Manifest, Target, Written
from ringfence.dialects.writing.objects import Namer, UnwritableError, manifest, selector, source_of
from ringfence.dialects.writing.ranges import check_ranges, outside_of
from ringfence.dialects.writing.terms import Literal, Term
from ringfence.model import derived
from ringfence.model.addresses import NO_ADDRESSES
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Namespace
from ringfence.model.policy import Direction, Policy, Stage, StageKind
from ringfence.model.ports import MAX_PORT, MIN_PORT, IcmpRange, NamedPort, PortMatch, Protocol

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"

_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_TYPES = {Direction.INGRESS: "Ingress", Direction.EGRESS: "Egress"}
_ORDER = (Direction.INGRESS, Direction.EGRESS)
_ONLY_ALLOWS = "NetworkPolicy only allows, and knows no order."


def write_network_policies(stages: Sequence[Stage], target: Target) -> Written:
    """NetworkPolicies for the policies of additive stages; each rule of another stage is a loss."""
    losses, namer = Losses(), Namer()
    objects: list[Manifest] = []
    for stage in stages:
        for policy in stage.policies:
            if stage.kind is StageKind.ORDERED:
                for rule in (*policy.egress, *policy.ingress):
                    losses.add(policy.ref, rule.origin, f"The {rule.action} rule is left out.", _ONLY_ALLOWS)
                continue
            for body in bodies(policy, losses):
                objects.extend(_objects(body, target, namer, losses))
    return Written(tuple(objects), tuple(losses.found))


def _objects(body: Body, target: Target, namer: Namer, losses: Losses) -> Iterator[Manifest]:
    policy = body.policy
    directions = [direction for direction in _ORDER if direction in policy.isolates]
    for direction in _ORDER:
        if direction not in policy.isolates:
            for clause in body.clauses(direction):
                why = f"It allows {direction} without isolating it, and every NetworkPolicy isolates its pods."
                losses.add(policy.ref, clause.rule.origin, "The rule is left out.", why)
    if not directions:
        return
    try:
        chosen = selector([each for each in body.subject.literals if not _is_of_namespace(each)], _pod_key)
    except UnwritableError as error:
        why = f"NetworkPolicy can't select its pods. {error}"
        losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
        return
    for namespace in _namespaces(body, target, losses):
        spec: dict[str, Any] = {"podSelector": chosen, "policyTypes": [_TYPES[direction] for direction in directions]}
        for direction in directions:
            rules = [
                rule
                for clause in body.clauses(direction)
                for rule in _rules(policy, clause, namespace, direction, target, losses)
            ]
            if rules:
                spec[str(direction)] = rules
        name = namer.name(KIND, namespace, policy.ref.name)
        yield manifest(API_VERSION, KIND, name, namespace, source_of(policy), target, spec)


def _namespaces(body: Body, target: Target, losses: Losses) -> list[str]:
    """The namespaces of the subject; where labels choose them, those of the cluster that have the labels."""
    asked = [literal for literal in body.subject.literals if _is_of_namespace(literal)]
    name = body.subject.namespace
    if name is not None and len(asked) == 1:
        return [name]
    found = sorted(space.name for space in target.snapshot.namespaces.values() if _chosen(space, asked))
    losses.add(
        body.policy.ref,
        body.policy.origin,
        f"{body.policy.ref} is written for the namespaces that the cluster has now, and for none that is made later.",
        "A NetworkPolicy is of one namespace, and can't select others by labels.",
    )
    return found


def _chosen(space: Namespace, asked: Iterable[Literal]) -> bool:
    labels = {derived.NAMESPACE_LABEL + key: value for key, value in space.labels.items()}
    labels[derived.NAMESPACE] = space.name
    return all(literal.requirement.matches(labels) is literal.holds for literal in asked)


def _is_of_namespace(literal: Literal) -> bool:
    key = literal.requirement.key
    return key == derived.NAMESPACE or key.startswith(derived.NAMESPACE_LABEL)


def _pod_key(key: str) -> str:
    if derived.is_derived(key):
        raise UnwritableError(f"It asks for {_WORDS.get(key, key)}.")
    return key


_WORDS = {
    derived.SERVICE_ACCOUNT: "the service account",
    derived.PRINCIPAL: "the identity in the mesh",
    derived.MESH: "whether the pod is in the mesh",
    derived.NODE: "the pod's node",
}


def _namespace_key(key: str) -> str:
    return NAMESPACE_NAME_LABEL if key == derived.NAMESPACE else key.removeprefix(derived.NAMESPACE_LABEL)


def _rules(
    policy: Policy, clause: Clause, namespace: str, direction: Direction, target: Target, losses: Losses
) -> Iterator[Manifest]:
    ports = None
    if clause.rule.ports is not None:
        for port in clause.rule.ports:
            if isinstance(port, IcmpRange):
                why = "NetworkPolicy has ports of TCP, UDP and SCTP."
                losses.add(policy.ref, clause.rule.origin, f"{port} is left out.", why)
        ports = [each for port in clause.rule.ports for each in port_entries(port)]
    if ports == []:  # the rule matches no port, and an empty list would mean every one
        return
    rule: dict[str, Any] = {}
    if not clause.region.is_everyone:
        entries = [*_pods(policy, clause, namespace, losses), *_ranges(policy, clause, target, losses)]
        if not entries:
            return
        rule[_PEERS[direction]] = entries
    if ports is not None:
        rule["ports"] = ports
    yield rule


def port_entries(port: PortMatch) -> Iterator[Manifest]:
    """The entries of ``ports`` for one of a rule's; a name of any protocol is one of each."""
    if isinstance(port, NamedPort):
        for protocol in Protocol if port.protocol is None else (port.protocol,):
            yield {"protocol": str(protocol), "port": port.name}
    elif isinstance(port, IcmpRange):
        return
    elif (port.lo, port.hi) == (MIN_PORT, MAX_PORT):
        yield {"protocol": str(port.protocol)}
    else:
        end = {"endPort": port.hi} if port.hi != port.lo else {}
        yield {"protocol": str(port.protocol), "port": port.lo, **end}


def _pods(policy: Policy, clause: Clause, namespace: str, losses: Losses) -> Iterator[Manifest]:
    for term in clause.region.selected_pods:
        try:
            yield _entry(term, namespace)
        except UnwritableError as error:
            losses.add(policy.ref, clause.rule.origin, "Pods that the rule selects are left out.", str(error))


def _entry(term: Term, namespace: str) -> Manifest:
    pods = selector([each for each in term.literals if not _is_of_namespace(each)], _pod_key)
    asked = [each for each in term.literals if _is_of_namespace(each)]
    if term.namespace == namespace and len(asked) == 1:
        return {"podSelector": pods}
    spaces = selector(asked, _namespace_key)
    return {"namespaceSelector": spaces, **({"podSelector": pods} if pods else {})}


def _ranges(policy: Policy, clause: Clause, target: Target, losses: Losses) -> Iterator[Manifest]:
    def note(what: str, why: str) -> None:
        losses.add(policy.ref, clause.rule.origin, what, why)

    outside = outside_of(clause, note)
    by_address = target.cni not in CNIS_WITHOUT_POD_CIDR
    check_ranges(replace(clause.region, outside=outside), outside if by_address else NO_ADDRESSES, note)
    if any(term.literals and term.addresses is not None for term in clause.region.pods):
        note("Pods that the rule means by label and address are left out.", "An ipBlock can't ask for labels.")
    for cidr, exceptions in blocks(outside):
        yield {"ipBlock": {"cidr": cidr, **({"except": list(exceptions)} if exceptions else {})}}
