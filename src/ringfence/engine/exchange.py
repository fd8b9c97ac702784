"""Policy sets with some policies exchanged for others, and what was exchanged between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from ringfence.model.policy import Layer, Policy, PolicySet, Stage, StageKind

Key = tuple[int, int]
"""The number of a stage, and the identity of one of its policies."""

_MOST_EXCHANGED: Final = 200
"""With more policies than that, an engine made anew takes no longer than a changed one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The policies that are gone, and those that came with their stages. ``places`` are those of all that are there."""

    gone: tuple[Key, ...]
    came: tuple[tuple[int, Policy], ...]
    places: dict[Key, int]


def exchanged(before: PolicySet, after: PolicySet) -> Exchange | None:
    """What differs, by the identity of policies. None where more than policies do, or most of them."""
    if _frame(before) != _frame(after):
        return None
    old, new = dict(_keyed(before)), dict(_keyed(after))
    gone = tuple(key for key in old if key not in new)
    came = tuple((key[0], policy) for key, policy in new.items() if key not in old)
    if len(gone) + len(came) > _MOST_EXCHANGED:
        return None
    kept, left = ([key for key in each if key in old and key in new] for each in (old, new))
    if kept != left:
        return None
    return Exchange(gone, came, {key: place for place, key in enumerate(new)})


def _frame(policy_set: PolicySet) -> list[object]:
    return [
        (layer.name, [(stage.name, stage.kind, stage.default) for stage in layer.stages]) for layer in policy_set.layers
    ]


def _keyed(policy_set: PolicySet) -> Iterator[tuple[Key, Policy]]:
    stages = (stage for layer in policy_set.layers for stage in layer.stages)
    for number, stage in enumerate(stages):
        for policy in stage.policies:
            yield (number, id(policy)), policy


def edited(policy_set: PolicySet, removed: Iterable[Policy], added: list[tuple[str, Policy]]) -> PolicySet:
    """The set without some of its very policies and with others, each in a named stage.

    Raises:
        KeyError: there is no stage of that name.
    """
    known = {stage.name for layer in policy_set.layers for stage in layer.stages}
    for name, _ in added:
        if name not in known:
            raise KeyError(name)
    gone = {id(policy) for policy in removed}
    return PolicySet(
        tuple(
            Layer(layer.name, tuple(_edited_stage(stage, gone, added) for stage in layer.stages))
            for layer in policy_set.layers
        )
    )


def _edited_stage(stage: Stage, gone: set[int], added: list[tuple[str, Policy]]) -> Stage:
    kept = [policy for policy in stage.policies if id(policy) not in gone]
    new = [policy for name, policy in added if name == stage.name]
    if not new and len(kept) == len(stage.policies):
        return stage
    policies = kept + new
    if stage.kind is StageKind.ORDERED:
        policies.sort(key=lambda policy: policy.order)
    return replace(stage, policies=tuple(policies))
