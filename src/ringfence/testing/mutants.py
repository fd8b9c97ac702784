"""Policies with one thing wrong: what mutation coverage puts in the place of each policy.

A *mutant* is a small slip that a person could make: a rule, a peer or a port left out, a selector or a range that takes
in more or less than it did, the isolation gone, in a tier the action turned round. They are made on the intermediate
form, so one set of slips serves every policy API. Source of the method: mutation analysis (DeMillo, Lipton and Sayward,
"Hints on Test Data Selection", 1978); its slips here are those of policies.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ringfence.dialects.gke import OWN_DNS
from ringfence.model.mesh import OTHER_PROTOCOLS
from ringfence.model.origin import UNKNOWN, Origin
from ringfence.model.policy import Action, Direction, Policy, PolicySet, Rule, Stage, StageKind
from ringfence.testing.mutants_rules import Slip, rule_slips
from ringfence.testing.mutants_selectors import selector_slips


class MutantKind(enum.Enum):
    """What was done."""

    DROP = "drop"
    WIDEN = "widen"
    NARROW = "narrow"
    FLIP = "flip"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Place:
    """What a mutant is of: a rule of a policy, or, with ``index`` of ``None``, the policy as a whole.

    Two places are the same where policy, direction and index are.
    """

    policy: Policy
    direction: Direction | None = None
    index: int | None = None

    @property
    def origin(self) -> Origin:
        """Where the rule or the policy begins in the input."""
        if self.direction is None or self.index is None:
            return self.policy.origin
        return self.policy.rules(self.direction)[self.index].origin


_UNWRITTEN = frozenset({OTHER_PROTOCOLS, OWN_DNS})
"""Rules that a dialect adds: nobody can make a slip in them."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One slip. ``replacement`` stands for the policy in the stage named ``stage``; ``None``: the policy is gone.

    ``text`` says the slip in words that go on from "with": ``port TCP 5432 left out``. ``origin`` is the place of what
    was changed.
    """

    stage: str
    place: Place
    replacement: Policy | None
    kind: MutantKind
    text: str
    origin: Origin = field(default=UNKNOWN, compare=False)

    @property
    def policy(self) -> Policy:
        """The policy as it stands in the input."""
        return self.place.policy


def mutants_of(policy_set: PolicySet) -> Iterator[Mutant]:
    """Every mutant of every policy, policies in order; no two of a policy with the same replacement."""
    for stage in (stage for layer in policy_set.layers for stage in layer.stages):
        for policy in stage.policies:
            seen: set[Policy | None] = {policy}
            for mutant in _of_policy(stage, policy):
                if mutant.replacement not in seen:
                    seen.add(mutant.replacement)
                    yield mutant


def _of_policy(stage: Stage, policy: Policy) -> Iterator[Mutant]:
    whole = Place(policy)
    yield Mutant(stage.name, whole, None, MutantKind.DROP, "the policy left out", policy.origin)
    if stage.kind is StageKind.ADDITIVE:
        yield from _without_isolation(stage, whole)
    for kind, text, subject in selector_slips(policy.subject):
        changed = replace(policy, subject=subject)
        yield Mutant(stage.name, whole, changed, MutantKind(kind), f"{text} of the pods it is for", _subject(policy))
    for direction in Direction:
        for index, rule in enumerate(policy.rules(direction)):
            if rule.name in _UNWRITTEN:
                continue
            yield from _of_rule(stage, Place(policy, direction, index))


def _subject(policy: Policy) -> Origin:
    return policy.subject.origin if policy.subject.origin != UNKNOWN else policy.origin


def _without_isolation(stage: Stage, whole: Place) -> Iterator[Mutant]:
    policy = whole.policy
    for direction in Direction:
        if direction not in policy.isolates:
            continue
        changed = replace(policy, isolates=policy.isolates - {direction})
        if not any(stage.heeds(changed, side) for side in Direction):
            continue  # the same as without the policy
        yield Mutant(
            stage.name, whole, changed, MutantKind.DROP, f"{direction} isolation left out of policyTypes", policy.origin
        )


def _of_rule(stage: Stage, place: Place) -> Iterator[Mutant]:
    policy, direction, index = place.policy, place.direction, place.index
    if direction is None or index is None:
        return
    rules = policy.rules(direction)
    rule = rules[index]
    yield _with_rules(stage, place, (*rules[:index], *rules[index + 1 :]), "drop", "the rule left out", rule.origin)
    if rule.action is Action.LOG:
        return  # decides nothing, however it is written
    for slip in (*rule_slips(rule), *_flips(stage, rule.action)):
        changed = (*rules[:index], slip.edit(rule), *rules[index + 1 :])
        origin = slip.origin if slip.origin != UNKNOWN else rule.origin
        yield _with_rules(stage, place, changed, slip.kind, slip.text, origin)


def _flips(stage: Stage, action: Action) -> Iterator[Slip]:
    if stage.kind is not StageKind.ORDERED:
        return
    turned = Action.DENY if action is not Action.DENY else Action.ALLOW
    text = f"{str(action).capitalize()} turned into {str(turned).capitalize()}"
    yield Slip("flip", text, lambda rule: replace(rule, action=turned))


def _with_rules(stage: Stage, place: Place, rules: tuple[Rule, ...], kind: str, text: str, origin: Origin) -> Mutant:
    if place.direction is Direction.EGRESS:
        changed = replace(place.policy, egress=rules)
    else:
        changed = replace(place.policy, ingress=rules)
    return Mutant(stage.name, place, changed, MutantKind(kind), text, origin)
