"""Which policy a verdict comes from: the one to name in a finding, so that one root cause is one finding."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ringfence.lint.context import LintContext
from ringfence.model.origin import ObjectRef, Origin
from ringfence.model.policy import Direction, Policy
from ringfence.model.verdict import DirectionVerdict, Outcome, RuleTrace, Verdict

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Blame:
    """The policy that a denial comes from, and the place to look at.

    ``rule`` is the rule that denies; ``None`` where the policy isolates and no rule allows.
    """

    direction: Direction
    policy: Policy
    origin: Origin
    rule: RuleTrace | None = None

    @property
    def ref(self) -> ObjectRef:
        """The policy's name."""
        return self.policy.ref

    @property
    def key(self) -> Hashable:
        """Equal for the same root cause."""
        return (self.policy.ref, self.origin)


def blame(context: LintContext, verdict: Verdict) -> Blame | None:
    """What denies a connection: egress before ingress. Of several policies that isolate, the default deny."""
    for side in (verdict.egress, verdict.ingress):
        if not side.allowed:
            return _of(context, side)
    return None


def _of(context: LintContext, side: DirectionVerdict) -> Blame | None:
    for stage in side.stages:
        if stage.outcome is not Outcome.DENY:
            continue
        if stage.deciding:
            trace = stage.deciding[0]
            return Blame(side.direction, trace.policy, trace.rule.origin, trace)
        if stage.selecting:
            policy = max(stage.selecting, key=lambda policy: _weight(context, policy, side.direction))
            return Blame(side.direction, policy, policy.subject.origin)
    return None


def _weight(context: LintContext, policy: Policy, direction: Direction) -> tuple[int, int]:
    """More for more pods; among policies for as many, more for one with fewer rules: the default deny."""
    return len(context.selected(policy.subject)), -len(policy.rules(direction))


@dataclass(slots=True)
class Roots(Generic[T]):
    """What was found, by its root cause, in the order found."""

    blames: dict[Hashable, Blame] = field(default_factory=dict)
    found: dict[Hashable, list[T]] = field(default_factory=dict)

    def add(self, cause: Blame, items: Iterable[T]) -> None:
        """File items under their cause."""
        self.blames.setdefault(cause.key, cause)
        self.found.setdefault(cause.key, []).extend(items)

    def items(self) -> Iterable[tuple[Blame, tuple[T, ...]]]:
        """Each cause with what it brings about, each once."""
        for key, cause in self.blames.items():
            yield cause, tuple({id(item): item for item in self.found[key]}.values())
