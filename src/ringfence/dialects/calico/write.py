"""Writes NetworkPolicy, GlobalNetworkPolicy and Tier ``projectcalico.org/v3``.

Every stage becomes a tier, the additive one the tier ``default``, whose end denies what no rule allows. A subject in
one namespace becomes a NetworkPolicy, any other a GlobalNetworkPolicy for pods.

Source: Calico reference, "NetworkPolicy", "GlobalNetworkPolicy", "Tier" and "Selectors".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ringfence.dialects.calico.write_rules import UNKNOWN, Place, rules_of
from ringfence.dialects.calico.write_selector import alternatives
from ringfence.dialects.writing.bodies import Losses, clause_of
from ringfence.dialects.writing.losses import Manifest, Target, Written
from ringfence.dialects.writing.objects import Namer, manifest, source_of
from ringfence.dialects.writing.terms import Term, TooManyTermsError, terms_of
from ringfence.model.policy import Direction, Policy, Stage, StageKind

API_VERSION = "projectcalico.org/v3"

_TYPES = {Direction.INGRESS: "Ingress", Direction.EGRESS: "Egress"}
_DEFAULT = "default"
_STEP = 10
_FIRST_BEFORE, _FIRST_AFTER = 100, 2_000_000
"""Orders of tiers on either side of ``default``, which has 1,000,000."""


def write_calico_policies(stages: Sequence[Stage], target: Target) -> Written:
    """A tier and its policies for each stage, in order."""
    losses, namer = Losses(), Namer()
    objects: list[Manifest] = []
    for stage, tier, made in _tiers([stage for stage in stages if stage.policies], target):
        if made is not None:
            objects.append(made)
        for number, policy in enumerate(stage.policies, start=1):
            order = number * _STEP if stage.kind is StageKind.ORDERED else None
            objects.extend(_objects(stage, tier, order, policy, target, namer, losses))
    return Written(tuple(objects), tuple(losses.found))


def _tiers(stages: Sequence[Stage], target: Target) -> Iterator[tuple[Stage, str, Manifest | None]]:
    """Each stage with its tier, and the object that makes this, which ``default`` needs none of."""
    main = next((number for number, stage in enumerate(stages) if _is_default(stage)), len(stages))
    for number, stage in enumerate(stages):
        if number == main:
            yield stage, _DEFAULT, None
            continue
        order = (_FIRST_BEFORE if number < main else _FIRST_AFTER) + number * _STEP
        name = stage.name.removeprefix("tier ").replace(" ", "-")
        spec: dict[str, Any] = {"order": order}
        if not stage.closes:
            spec["defaultAction"] = "Pass"
        yield stage, name, manifest(API_VERSION, "Tier", name, "", "", target, spec)


def _is_default(stage: Stage) -> bool:
    return stage.kind is StageKind.ADDITIVE or stage.name == f"tier {_DEFAULT}"


def _objects(
    stage: Stage, tier: str, order: int | None, policy: Policy, target: Target, namer: Namer, losses: Losses
) -> Iterator[Manifest]:
    try:
        subject = terms_of(policy.subject)
    except TooManyTermsError:
        why = "Its subject takes more alternatives than anyone could read."
        losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
        return
    if any(literal.requirement.key in UNKNOWN for term in subject for literal in term.literals):
        why = "Calico can't select its pods: it knows no identities in the mesh, and no nodes."
        losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
        return
    policy = _without_unheeded(stage, policy, losses)
    if not policy.isolates or not subject:
        return
    namespace = _namespace(subject)
    spec: dict[str, Any] = {} if tier == _DEFAULT else {"tier": tier}
    if order is not None:
        spec["order"] = order
    spec |= _selectors(subject, namespace)
    spec["types"] = [_TYPES[direction] for direction in _TYPES if direction in policy.isolates]
    for direction in _TYPES:
        if direction in policy.isolates:
            rules = list(_rules(policy, direction, namespace, losses))
            if rules:
                spec[str(direction)] = rules
    kind = "NetworkPolicy" if namespace else "GlobalNetworkPolicy"
    name = namer.name(kind, namespace, policy.ref.name if tier == _DEFAULT else f"{tier}.{policy.ref.name}")
    yield manifest(API_VERSION, kind, name, namespace, source_of(policy), target, spec)


def _without_unheeded(stage: Stage, policy: Policy, losses: Losses) -> Policy:
    """The policy without directions that it allows in and does not isolate: in a tier every policy isolates."""
    for direction in Direction:
        if direction not in policy.isolates and stage.kind is StageKind.ADDITIVE:
            for rule in policy.rules(direction):
                why = f"It allows {direction} without isolating it, and the end of a tier denies what no rule allows."
                losses.add(policy.ref, rule.origin, "The rule is left out.", why)
    sides: Mapping[Direction, Any] = {
        direction: policy.rules(direction) if direction in policy.isolates else () for direction in Direction
    }
    return replace(policy, egress=sides[Direction.EGRESS], ingress=sides[Direction.INGRESS])


def _namespace(subject: Iterable[Term]) -> str:
    """The one namespace of all pods of the subject; empty where there isn't one."""
    names = {term.namespace for term in subject}
    return (names.pop() or "") if len(names) == 1 else ""


def _selectors(subject: Sequence[Term], namespace: str) -> dict[str, str]:
    """Without a namespace selector a GlobalNetworkPolicy would be for host endpoints too."""
    chosen = [term.without_namespace() for term in subject] if namespace else list(subject)
    return {**({} if namespace else {"namespaceSelector": "all()"}), "selector": alternatives(chosen)}


def _rules(policy: Policy, direction: Direction, namespace: str, losses: Losses) -> Iterator[Manifest]:
    for rule in policy.rules(direction):
        clause = clause_of(policy, rule, losses)
        if clause is not None:
            yield from rules_of(policy, clause, Place(direction, namespace), losses)
