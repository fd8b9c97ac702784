"""What the rules about Calico's tiers ask of a stage and its policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.lint.context import LintContext
from ringfence.model.policy import Action, Direction, Policy, Stage, StageKind

DEFAULT = "tier default"
_TIER = "tier "


def tiers(context: LintContext) -> Iterator[tuple[Stage, tuple[Stage, ...]]]:
    """Calico's tiers, each with the stages that are asked after it."""
    for layer in context.policy_set.layers:
        for place, stage in enumerate(layer.stages):
            if stage.kind is StageKind.ORDERED and stage.name.startswith(_TIER):
                yield stage, layer.stages[place + 1 :]


def guarding(
    context: LintContext, stages: Iterable[Stage], direction: Direction
) -> Iterator[tuple[int, tuple[Policy, ...]]]:
    """The atoms that policies of some stages have a say on in a direction, with those policies in order."""
    engine = context.engine
    names = {stage.name for stage in stages}
    for number, atom in enumerate(engine.universe.atoms):
        if not atom.guarded:
            continue
        chosen = [engine.program.compiled[each] for each in engine.policies_of(direction, number)]
        found = tuple(each.policy for each in chosen if engine.program.stages[each.stage][1].name in names)
        if found:
            yield number, found


def decides_all(policy: Policy, direction: Direction) -> bool:
    """True where some rule of a policy decides whatever comes."""
    return any(
        rule.action is not Action.LOG
        and rule.peers is None
        and rule.ports is None
        and rule.only is None
        and not rule.conditions
        for rule in policy.rules(direction)
    )
