"""Writes ClusterNetworkPolicy ``policy.networking.k8s.io/v1alpha2``.

Ordered stages before the allows become policies of the Admin tier, the allows and all after them of the Baseline tier:
a Pass of the first goes on to the second. What a stage closes is denied at its end, as far as the API can: its ingress
rules know pods only, so what comes from outside the cluster or from nodes is a loss.

Source: network-policy-api v0.2.0, apis/v1alpha2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ringfence.dialects.writing.bodies import Losses, clause_of
from ringfence.dialects.writing.cluster_rules import MOST, rules_of, selected
from ringfence.dialects.writing.losses import Manifest, Target, Written
from ringfence.dialects.writing.objects import Namer, UnwritableError, manifest, source_of
from ringfence.dialects.writing.regions import region_of
from ringfence.dialects.writing.terms import Term, TooManyTermsError, intersection, terms_of
from ringfence.model.policy import Action, Direction, Peer, Policy, Rule, Stage, StageKind

API_VERSION = "policy.networking.k8s.io/v1alpha2"
KIND = "ClusterNetworkPolicy"

_ORDER = (Direction.INGRESS, Direction.EGRESS)
_HIGHEST = 1000


@dataclass(frozen=True, slots=True)
class _Part:
    """Rules of a policy for pods of one term, all in one object."""

    policy: Policy
    subject: Term
    rules: tuple[tuple[Direction, tuple[Manifest, ...]], ...]


def write_cluster_network_policies(stages: Sequence[Stage], target: Target) -> Written:
    """The two tiers, each policy with a priority of its own."""
    losses, namer = Losses(), Namer()
    stages = [stage for stage in stages if stage.policies]
    first = next((number for number, stage in enumerate(stages) if _is_later(stage)), len(stages))
    objects: list[Manifest] = []
    for tier, members in (("Admin", stages[:first]), ("Baseline", stages[first:])):
        parts = [part for number, stage in enumerate(members) for part in _parts(stage, members[number + 1 :], losses)]
        objects.extend(_objects(tier, parts, target, namer, losses))
    return Written(tuple(objects), tuple(losses.found))


def _is_later(stage: Stage) -> bool:
    return stage.kind is StageKind.ADDITIVE or stage.name == "baseline"


def _objects(tier: str, parts: Sequence[_Part], target: Target, namer: Namer, losses: Losses) -> Iterator[Manifest]:
    step = max(1, min(10, _HIGHEST // max(1, len(parts))))
    for number, part in enumerate(parts, start=1):
        policy = part.policy
        if number * step > _HIGHEST:
            why = f"A tier has priorities up to {_HIGHEST}, and the policies before it take all of them."
            losses.add(policy.ref, policy.origin, f"A part of {policy.ref} is left out.", why)
            continue
        try:
            subject = selected(part.subject)
        except UnwritableError as error:
            losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", f"Its pods can't be selected. {error}")
            continue
        spec: dict[str, Any] = {"tier": tier, "priority": number * step, "subject": subject}
        spec |= {str(direction): list(rules) for direction, rules in part.rules if rules}
        yield manifest(API_VERSION, KIND, namer.name(KIND, "", _name(policy)), "", source_of(policy), target, spec)


def _name(policy: Policy) -> str:
    return f"{policy.ref.namespace}.{policy.ref.name}" if policy.ref.namespace else policy.ref.name


def _parts(stage: Stage, later: Sequence[Stage], losses: Losses) -> Iterator[_Part]:
    """The policies of a stage in order; last, what those are denied that it closes."""
    closing: list[_Part] = []
    for policy in stage.policies:
        try:
            subjects = terms_of(policy.subject)
        except TooManyTermsError:
            why = "Its subject takes more alternatives than anyone could read."
            losses.add(policy.ref, policy.origin, f"{policy.ref} is left out.", why)
            continue
        heeded = [direction for direction in _ORDER if stage.heeds(policy, direction)]
        for direction in heeded:
            if later and direction not in policy.isolates:
                why = f"It allows {direction} without isolating it, and an Accept decides for the later policies too."
                losses.add(policy.ref, policy.origin, f"{policy.ref} allows more.", why)
        for only, sides in _runs(policy, heeded):
            narrowed = subjects if only is None else _narrowed(policy, subjects, only, sides, losses)
            made = tuple(
                (direction, tuple(_written(policy, direction, rules, later, losses))) for direction, rules in sides
            )
            yield from (_Part(policy, term, chunk) for term in narrowed for chunk in _chunks(made))
        if stage.closes:
            closing += _closing(policy, subjects, losses)
    yield from closing


def _runs(
    policy: Policy, directions: Iterable[Direction]
) -> Iterator[tuple[Peer | None, list[tuple[Direction, tuple[Rule, ...]]]]]:
    """Rules that are for the same pods and follow one another; both directions at once where they can."""
    if all(rule.only is None for direction in directions for rule in policy.rules(direction)):
        yield None, [(direction, policy.rules(direction)) for direction in directions]
        return
    for direction in directions:
        for only, rules in groupby(policy.rules(direction), key=lambda rule: rule.only):
            yield only, [(direction, tuple(rules))]


def _narrowed(
    policy: Policy,
    subjects: list[Term],
    only: Peer,
    sides: Iterable[tuple[Direction, tuple[Rule, ...]]],
    losses: Losses,
) -> list[Term]:
    why = ""
    terms: list[Term] = []
    try:
        terms = intersection(subjects, region_of(only).pods)
    except TooManyTermsError:
        why = "Whom it is for takes more alternatives than anyone could read."
    if any(term.addresses is not None for term in terms):
        why = "It is for pods by their addresses, and objects select pods by labels."
    if why:
        for _, rules in sides:
            for rule in rules:
                losses.add(policy.ref, rule.origin, "The rule is left out.", why)
        return []
    return terms


def _written(
    policy: Policy, direction: Direction, rules: Iterable[Rule], later: Sequence[Stage], losses: Losses
) -> Iterator[Manifest]:
    for rule in rules:
        why = ""
        if rule.action is Action.LOG:
            why = "ClusterNetworkPolicy can't log."
        elif rule.action is Action.PASS and later:
            why = "A Pass leaves the tier, and policies of the same tier would have to be asked."
        if why:
            losses.add(policy.ref, rule.origin, f"The {rule.action} rule is left out.", why)
            continue
        clause = clause_of(policy, rule, losses)
        if clause is not None:
            yield from rules_of(policy, clause, direction, losses)


def _chunks(
    sides: Sequence[tuple[Direction, tuple[Manifest, ...]]],
) -> Iterator[tuple[tuple[Direction, tuple[Manifest, ...]], ...]]:
    """As many rules as an object may have, in order."""
    most = max((len(rules) for _, rules in sides), default=0)
    for at in range(0, most, MOST):
        yield tuple((direction, rules[at : at + MOST]) for direction, rules in sides)


def _closing(policy: Policy, subjects: Sequence[Term], losses: Losses) -> Iterator[_Part]:
    """Denies for what a closing stage has not allowed."""
    everyone = Rule(Action.DENY, origin=policy.origin)
    directions = [direction for direction in _ORDER if direction in policy.isolates]
    clause = clause_of(policy, everyone, losses)
    if clause is None:
        return
    sides = tuple(
        (direction, tuple(rules_of(policy, replace(clause, rule=everyone), direction, losses)))
        for direction in directions
    )
    if sides:
        yield from (_Part(policy, term, sides) for term in subjects)
