"""What could be taken away: found by containment, and proved by the engine without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.engine.difference import compare
from ringfence.lint.containment import pods_within, rule_within
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.model.policy import Action, Direction, Policy, Stage, StageKind

_MOST_RULES = 200
"""Rules of one policy up to which each is held against each other: longer lists are written by programs."""


_MOST_TIER_RULES = 2_000
"""The same for all rules of a tier."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a rule or policy lies within."""

    inner: PlacedRule
    outer: PlacedRule


@dataclass(frozen=True, slots=True)
class Redundancy:
    """Everything that can be taken away, each thing once, under the code that says it best.

    ``equal`` are pairs of policies that say the same; ``idle`` policies that others cover altogether, with the
    containers of their rules; ``contained`` rules of other policies that lie within another rule.
    """

    equal: tuple[tuple[Stage, Policy, Policy], ...]
    idle: tuple[tuple[Stage, Policy, tuple[Policy, ...]], ...]
    contained: tuple[Container, ...]


def redundancy(context: LintContext) -> Redundancy:
    """Of the policies that select pods; each thing proved. In ordered stages only equal policies are looked for.

    What an object says is one policy a stage. One that denies in one stage and allows in another (Cilium) is left out:
    no part of it alone says that the object could go.
    """
    found = _Search(context).run()
    policies = [policy for _, policy, _ in (*found.equal, *found.idle)]
    proved = {id(thing) for thing in _proved(context, [*policies, *(entry.inner for entry in found.contained)])}
    return Redundancy(
        tuple(entry for entry in found.equal if id(entry[1]) in proved),
        tuple(entry for entry in found.idle if id(entry[1]) in proved),
        tuple(entry for entry in found.contained if id(entry.inner) in proved),
    )


def _proved(context: LintContext, things: Sequence[Policy | PlacedRule]) -> Sequence[Policy | PlacedRule]:
    """Those without which the engine finds no change.

    All are taken away at once first. Rules only add where pods stay isolated, so what changes nothing together changes
    nothing alone; where something does change, each half is tried by itself.
    """
    if not things or not _changes(context, things):
        return things
    if len(things) == 1:
        return ()
    half = len(things) // 2
    return (*_proved(context, things[:half]), *_proved(context, things[half:]))


def _changes(context: LintContext, things: Iterable[Policy | PlacedRule]) -> bool:
    """True where the engine finds a pair that changes without these policies and rules."""
    removed: dict[int, Policy] = {}
    rest: dict[int, tuple[str, Policy]] = {}
    for thing in things:
        policy = thing if isinstance(thing, Policy) else thing.policy
        removed[id(policy)] = policy
        if isinstance(thing, PlacedRule):
            _, kept = rest.get(id(policy), ("", policy))
            rest[id(policy)] = (thing.stage.name, _less(kept, thing))
    return bool(compare(context.exact, context.exact.with_policies(list(removed.values()), list(rest.values()))))


def _less(policy: Policy, placed: PlacedRule) -> Policy:
    """The policy without a rule, which is found by identity: numbers shift as rules go."""
    kept = tuple(rule for rule in policy.rules(placed.direction) if rule is not placed.rule)
    return replace(policy, egress=kept) if placed.direction is Direction.EGRESS else replace(policy, ingress=kept)


def without_rule(context: LintContext, placed: PlacedRule) -> bool:
    """The proof: True where the engine finds no pair that changes without the rule."""
    return not _changes(context, [placed])


def shadowed(context: LintContext) -> Iterator[tuple[PlacedRule, PlacedRule]]:
    """Rules of ordered stages of which an earlier one decides all traffic, with that one."""
    for layer in context.policy_set.layers:
        for stage in layer.stages:
            if stage.kind is not StageKind.ORDERED:
                continue
            for direction in Direction:
                rules = [
                    placed
                    for policy in stage.policies
                    if stage.heeds(policy, direction) and context.selected(policy.subject)
                    for placed in _placed(stage, policy, direction)
                ]
                if len(rules) <= _MOST_TIER_RULES:
                    yield from _shadowed(context, rules)


def _shadowed(context: LintContext, rules: list[PlacedRule]) -> Iterator[tuple[PlacedRule, PlacedRule]]:
    for number, placed in enumerate(rules):
        if placed.rule.peers == () or placed.rule.ports == ():
            continue
        earlier = next((other for other in rules[:number] if _decides(context, placed, other)), None)
        if earlier is not None:
            yield placed, earlier


def _decides(context: LintContext, placed: PlacedRule, earlier: PlacedRule) -> bool:
    if earlier.rule.action is Action.LOG:
        return False
    facts = context.engine.facts
    inner, outer = placed.policy.subject, earlier.policy.subject
    return (inner == outer or pods_within(inner, outer, facts)) and rule_within(placed.rule, earlier.rule, facts)


class _Search:
    def __init__(self, context: LintContext) -> None:
        self._context = context
        self._facts = context.engine.facts
        self._gone: set[int] = set()
        """Identities of rules found to lie within others: they contain nothing, or all of a circle would go."""
        self._near: dict[tuple[str, str | None], list[Policy]] = {}
        stages = [stage for layer in context.policy_set.layers for stage in layer.stages]
        self._stages = [stage for stage in stages if stage.kind is StageKind.ADDITIVE]
        self._ordered = [stage for stage in stages if stage.kind is StageKind.ORDERED]
        parts = Counter(policy.ref for stage in stages for policy in stage.policies)
        self._whole = frozenset(ref for ref, number in parts.items() if number == 1)
        for stage in self._stages:
            for policy in stage.policies:
                self._near.setdefault((stage.name, policy.subject.namespace), []).append(policy)

    def run(self) -> Redundancy:
        equal: list[tuple[Stage, Policy, Policy]] = []
        idle: list[tuple[Stage, Policy, tuple[Policy, ...]]] = []
        contained: list[Container] = []
        gone: set[int] = set()
        for stage in self._ordered:
            equal.extend(self._equal(stage, _meaning_in_order))
        for stage in self._stages:
            same = list(self._equal(stage, _meaning))
            equal.extend(same)
            gone.update(id(policy) for _, policy, _ in same)
            for policy in stage.policies:
                if id(policy) in gone or not self._context.selected(policy.subject):
                    continue  # RF201 tells of one that selects nobody
                wider = [other for other in self._wider(stage, policy) if id(other) not in gone]
                covers = self._covered(stage, policy, wider) if policy.ref in self._whole else None
                if covers is not None:
                    idle.append((stage, policy, covers))
                    gone.add(id(policy))
                    self._gone.update(id(rule) for rule in (*policy.egress, *policy.ingress))
                    continue
                contained.extend(self._rules(stage, policy, wider))
        return Redundancy(tuple(equal), tuple(idle), tuple(contained))

    def _equal(self, stage: Stage, meaning: Callable[[Policy], object]) -> Iterator[tuple[Stage, Policy, Policy]]:
        """Policies that say what an earlier one says, with that one."""
        originals: dict[object, Policy] = {}
        for policy in stage.policies:
            if policy.ref in self._whole and self._context.selected(policy.subject):
                first = originals.setdefault(meaning(policy), policy)
                if first is not policy:
                    yield stage, policy, first

    def _wider(self, stage: Stage, policy: Policy) -> Iterator[Policy]:
        """The other policies whose subject takes in this one's, whatever pods come."""
        namespace = policy.subject.namespace
        near = self._near.get((stage.name, namespace), []) if namespace is not None else []
        for other in (*near, *self._near.get((stage.name, None), [])):
            if other is not policy and pods_within(policy.subject, other.subject, self._facts):
                yield other

    def _covered(self, stage: Stage, policy: Policy, wider: list[Policy]) -> tuple[Policy, ...] | None:
        """The policies that isolate the same pods and contain every rule, if there are such.

        None for a policy without rules: a default deny is there for the day that the others go.
        """
        if not policy.egress and not policy.ingress:
            return None
        covers: dict[int, Policy] = {}
        for direction in Direction:
            if direction in policy.isolates:
                isolating = next((other for other in wider if direction in other.isolates), None)
                if isolating is None:
                    return None
                covers[id(isolating)] = isolating
            for placed in _placed(stage, policy, direction):
                container = self._container(placed, wider)
                if container is None:
                    return None
                covers[id(container.policy)] = container.policy
        return tuple(covers.values()) if covers else None

    def _rules(self, stage: Stage, policy: Policy, wider: list[Policy]) -> Iterator[Container]:
        for direction in Direction:
            rules = list(_placed(stage, policy, direction))
            others = rules if len(rules) <= _MOST_RULES else []
            for placed in rules:
                own = (other for other in others if other is not placed)
                outer = next((other for other in own if self._within(placed, other)), None)
                outer = outer or self._container(placed, wider)
                if outer is not None:
                    self._gone.add(id(placed.rule))
                    yield Container(placed, outer)

    def _container(self, placed: PlacedRule, wider: list[Policy]) -> PlacedRule | None:
        for other in wider:
            for candidate in _placed(placed.stage, other, placed.direction):
                if self._within(placed, candidate):
                    return candidate
        return None

    def _within(self, inner: PlacedRule, outer: PlacedRule) -> bool:
        rule = inner.rule
        if rule.peers == () or rule.ports == () or rule.action is not outer.rule.action or id(outer.rule) in self._gone:
            return False
        return rule.action is Action.ALLOW and rule_within(rule, outer.rule, self._facts)


def _placed(stage: Stage, policy: Policy, direction: Direction) -> Iterator[PlacedRule]:
    for index, rule in enumerate(policy.rules(direction)):
        yield PlacedRule(stage, policy, direction, index, rule)


def _meaning_in_order(policy: Policy) -> object:
    """Equal for policies of an ordered stage of which the later one is never reached: all rules, as they are judged."""
    return (policy.subject, policy.isolates, policy.egress, policy.ingress)


def _meaning(policy: Policy) -> object:
    """Equal for policies of a stage that say the same, their rules in whatever order."""
    return (policy.subject, policy.isolates, frozenset(policy.egress), frozenset(policy.ingress))
