"""Fixes of several findings applied at once: which of them go together, and what they change in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.dialects import AUTO
from ringfence.lint.context import LintContext
from ringfence.lint.fixes import REDUNDANT, LintFix, world_of
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch, Path

if TYPE_CHECKING:
    from ringfence.fix.effects import Effect
    from ringfence.fix.world import World


@dataclass(frozen=True, slots=True)
class Together:
    """Fixes that go together.

    ``patches`` are to be applied in this order; ``mended`` are the findings that they put right, and ``left`` those
    whose fix would touch what another one touches: it can be tried again afterwards. ``opens`` and ``closes`` are all
    connections that change.
    """

    patches: tuple[Patch, ...]
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...] = ()
    opens: tuple[Effect, ...] = ()
    closes: tuple[Effect, ...] = ()


def together(context: LintContext, fixes: Iterable[LintFix], *, cni: str = AUTO) -> Together:
    """As many of the fixes as can be applied at once; of two that clash, the first."""
    chosen: list[LintFix] = []
    mended: list[Finding] = []
    left: list[Finding] = []
    for fix in fixes:
        if _is_covered(fix.patch, chosen):
            mended.append(fix.finding)
        elif any(_clash(fix.patch, other.patch) for other in chosen):
            left.append(fix.finding)
        else:
            chosen.append(fix)
    # Later places first, so that the numbers of list entries stay true.
    chosen.sort(key=lambda fix: max((_sortable(edit.path) for edit in fix.patch.edits), default=()), reverse=True)
    if all(fix.safe for fix in chosen):
        return Together(_patches(chosen), (*mended, *_findings(chosen)), tuple(left))
    start = world_of(context, cni)
    kept, end = _all_at_once(start, chosen) or _one_by_one(start, chosen)
    left += [fix.finding for fix in chosen if fix not in kept]
    return Together(_patches(kept), (*mended, *_findings(kept)), tuple(left), *_effects(start, end))


def _patches(fixes: Iterable[LintFix]) -> tuple[Patch, ...]:
    return tuple(fix.patch for fix in fixes)


def _findings(fixes: Iterable[LintFix]) -> tuple[Finding, ...]:
    return tuple(fix.finding for fix in fixes)


def _all_at_once(start: World, fixes: list[LintFix]) -> tuple[list[LintFix], World] | None:
    """All fixes; ``None`` where what is redundant isn't any more beside the others, or one can't be applied."""
    from ringfence.fix.world import PatchError

    unsafe = [fix for fix in fixes if not fix.safe]
    try:
        others = start.patched(_patches(fix for fix in unsafe if fix.finding.code not in REDUNDANT))
        end = start.patched(_patches(unsafe))
    except PatchError:
        return None
    return None if any(_effects(others, end)) else (fixes, end)


def _one_by_one(start: World, fixes: list[LintFix]) -> tuple[list[LintFix], World]:
    """The fixes that still are what they were alone, each after those before it."""
    kept: list[LintFix] = []
    world = start
    for fix in fixes:
        after = world if fix.safe else _after(world, fix)
        if after is not None:
            kept.append(fix)
            world = after
    return kept, world


def _after(world: World, fix: LintFix) -> World | None:
    """The cluster after one more fix; ``None`` where that is not what it was alone."""
    from ringfence.fix.world import PatchError

    try:
        after = world.patched([fix.patch])
    except PatchError:
        return None
    if fix.finding.code in REDUNDANT and any(_effects(world, after)):
        return None  # what made it redundant is gone, or changed
    return after


def _effects(start: World, end: World) -> tuple[tuple[Effect, ...], tuple[Effect, ...]]:
    """What is opened and closed between two clusters."""
    from ringfence.fix.effects import effects_of

    effects = effects_of(start.engine, end.engine)
    return effects.opens, effects.closes


def _is_covered(patch: Patch, chosen: Iterable[LintFix]) -> bool:
    """True where others make every edit of a patch: two rules may find the same fault."""
    made = [edit for fix in chosen if fix.patch.target == patch.target for edit in fix.patch.edits]
    return bool(patch.edits) and all(edit in made for edit in patch.edits)


def _clash(one: Patch, other: Patch) -> bool:
    if one.target != other.target:
        return False
    if one.delete or other.delete:
        return True
    return any(_within(a, b) or _within(b, a) for a in _claims(one) for b in _claims(other))


def _claims(patch: Patch) -> Iterator[Path]:
    """The places that only this patch may touch: one with several edits needs the lists that it changes for itself."""
    for edit in patch.edits:
        yield edit.path[:-1] if len(patch.edits) > 1 and _changes_list(edit) else edit.path


def _changes_list(edit: Edit) -> bool:
    return edit.op is not EditOp.REPLACE and bool(edit.path) and isinstance(edit.path[-1], int)


def _within(inner: Path, outer: Path) -> bool:
    return inner[: len(outer)] == outer


def _sortable(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)
