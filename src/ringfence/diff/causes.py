"""Which change of the input is responsible for a connection that opened or closed: a rule, a policy, or labels.

A connection opens because something that allows it came, or something that denied it went; it closes the other way
round. Only what differs between the two inputs can be responsible: a rule that decides before and after alike isn't.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ringfence.diff.states import State
from ringfence.engine.match import container_ports
from ringfence.explain.causes import object_name
from ringfence.explain.deciding import DecidingRule, Decision
from ringfence.explain.words import rule_number
from ringfence.model.objects import Pod
from ringfence.model.origin import UNKNOWN, ObjectRef, Origin
from ringfence.model.policy import Direction, Policy
from ringfence.model.verdict import Endpoint


@dataclass(frozen=True, slots=True)
class Cause:
    """What is responsible. ``text`` is a clause: ``NetworkPolicy data/db, ingress rule 2 is new``.

    ``origin`` is its place in the input that has it; ``other`` the place of its counterpart in the other input, such
    as the policy that a removed rule was taken from. ``in_new`` tells that ``origin`` is in the new input. ``policy``
    is ``None`` where no policy is responsible.
    """

    text: str
    origin: Origin = UNKNOWN
    other: Origin = UNKNOWN
    in_new: bool = True
    policy: ObjectRef | None = None

    @property
    def place(self) -> Origin:
        """Where a reader of the new input looks: there where it is, else in the old input."""
        return self.origin if self.in_new or not self.other.position.file else self.other


class Causes:
    """Finds causes; what was found for a pair of decisions is remembered."""

    def __init__(self, old: State, new: State) -> None:
        self._states = (old, new)
        self._policies = tuple(_by_ref(state) for state in self._states)
        self._known: dict[tuple[int, int], tuple[Cause, ...]] = {}
        self._kept: list[Decision] = []

    def between(self, before: Decision, after: Decision) -> tuple[Cause, ...]:
        """The policies responsible for one direction's turn from ``before`` to ``after``; none if no policy is."""
        key = id(before), id(after)
        if key not in self._known:
            self._kept += (before, after)  # their identity is the key
            came = self._changed(after, 1)
            went = self._changed(before, 0)
            self._known[key] = tuple(dict.fromkeys((*came, *went)))
        return self._known[key]

    def _changed(self, decision: Decision, side: int) -> Iterator[Cause]:
        for rule in (*decision.rules, *decision.passed):
            yield from self._rule(rule, side)
        if not decision.rules:
            for policy in decision.guards:
                yield from self._guard(policy, side)

    def _rule(self, deciding: DecidingRule, side: int) -> Iterator[Cause]:
        policy, direction, index = deciding.policy, deciding.direction, deciding.index
        other = self._counterpart(policy, side)
        name = object_name(policy.ref)
        if other is None or _applies_otherwise(policy, other, direction):
            yield from self._guard(policy, side)
            return
        rules = other.rules(direction)
        if deciding.rule in rules:
            return
        text = f"{name}, {rule_number(deciding)}"
        counterpart = rules[index] if index < len(rules) else None
        if counterpart is not None and counterpart not in policy.rules(direction):
            before, after = (counterpart, deciding.rule) if side else (deciding.rule, counterpart)
            yield Cause(f"{text} is changed", after.origin, before.origin, policy=policy.ref)
        else:
            verb, place = ("is new", UNKNOWN) if side else ("is removed", other.origin)
            yield Cause(f"{text} {verb}", deciding.rule.origin, place, in_new=bool(side), policy=policy.ref)

    def _guard(self, policy: Policy, side: int) -> Iterator[Cause]:
        """The policy itself came or went, or applies to others."""
        other = self._counterpart(policy, side)
        name = object_name(policy.ref)
        if other is None:
            verb = "is new" if side else "is removed"
            yield Cause(f"{name} {verb}", policy.origin, in_new=bool(side), policy=policy.ref)
            return
        before, after = (other, policy) if side else (policy, other)
        if before.subject != after.subject:
            text = f"{name} selects other pods"
        elif before.isolates != after.isolates:
            text = f"{name} isolates for {_directions(after)} instead of {_directions(before)}"
        elif before.order != after.order:
            text = f"{name} has another priority"
        else:
            return
        yield Cause(text, after.origin, before.origin, policy=policy.ref)

    def _counterpart(self, policy: Policy, side: int) -> Policy | None:
        """What the other input has of a policy in the same stage; ``None`` where it lacks the whole object.

        An object may be read into several stages (Cilium's denies and its allows): one that has nothing in this stage
        any more is the same policy without rules.
        """
        own, others = (self._policies[each].get(policy.ref, {}) for each in (side, 1 - side))
        if not others:
            return None
        stage = next((name for name, each in own.items() if each is policy or each == policy), "")
        found = others.get(stage)
        if found is None and stage and len({*own, *others}) > 1:
            first = next(iter(others.values()))
            return replace(policy, subject=first.subject, egress=(), ingress=(), origin=first.origin)
        return found if found is not None else next(iter(others.values()))

    # ---- where no policy is responsible ------------------------------------------------------------------------------

    def of_ends(self, before: tuple[Endpoint | None, ...], after: tuple[Endpoint | None, ...]) -> tuple[Cause, ...]:
        """What changed about the pods themselves: source and destination, before and after."""
        found: dict[Cause, None] = {}
        for old, new in zip(before, after, strict=True):
            found.update(dict.fromkeys(self._end(old, new)))
        return tuple(found)

    def _end(self, old: Endpoint | None, new: Endpoint | None) -> Iterator[Cause]:
        if isinstance(new, Pod) and old is None:
            yield Cause(f"{new.workload} is new", new.origin)
        elif isinstance(old, Pod) and new is None:
            yield Cause(f"{old.workload} is gone", old.origin, in_new=False)
        elif isinstance(old, Pod) and isinstance(new, Pod):
            names = [self._states[side].snapshot.namespaces.get(new.namespace) for side in (0, 1)]
            labels = [namespace.labels if namespace is not None else {} for namespace in names]
            if labels[0] != labels[1]:
                place = names[1].origin if names[1] is not None else UNKNOWN
                yield Cause(f"namespace {new.namespace} has other labels", place)
            if what := _difference(old, new):
                yield Cause(f"{new.workload} has {what}", new.origin, old.origin)

    def of_decision(self, before: Decision, after: Decision) -> tuple[Cause, ...]:
        """The policies that decide, changed or not: for changes that come from elsewhere, such as a node's address."""
        found: dict[Cause, None] = {}
        for decision, in_new in ((after, True), (before, False)):
            for rule in decision.rules:
                text = f"{object_name(rule.policy.ref)}, {rule_number(rule)} decides otherwise"
                found[Cause(text, rule.rule.origin, in_new=in_new, policy=rule.policy.ref)] = None
            for policy in () if decision.rules else decision.guards:
                text = f"{object_name(policy.ref)} decides otherwise"
                found[Cause(text, policy.origin, in_new=in_new, policy=policy.ref)] = None
        return tuple(found)


def _by_ref(state: State) -> dict[ObjectRef, dict[str, Policy]]:
    """What each object is read into, by stage."""
    found: dict[ObjectRef, dict[str, Policy]] = {}
    for layer in state.policy_set.layers:
        for stage in layer.stages:
            for policy in stage.policies:
                found.setdefault(policy.ref, {})[stage.name] = policy
    return found


def _applies_otherwise(policy: Policy, other: Policy, direction: Direction) -> bool:
    return (
        policy.subject != other.subject
        or policy.order != other.order
        or (direction in policy.isolates) != (direction in other.isolates)
    )


def _directions(policy: Policy) -> str:
    names: Sequence[str] = [str(direction) for direction in Direction if direction in policy.isolates]
    return " and ".join(names) or "nothing"


def _difference(old: Pod, new: Pod) -> str:
    if old.labels != new.labels:
        return "other labels"
    if old.host_network != new.host_network:
        return "the host network" if new.host_network else "a network of its own"
    if container_ports(old) != container_ports(new):
        return "other container ports"
    if old.addresses != new.addresses:
        return "other addresses"
    return "another node" if old.node != new.node else ""
