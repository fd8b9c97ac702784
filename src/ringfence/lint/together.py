"""Fixes of several findings applied at once: which of them go together, and what they change in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

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


def together(context: LintContext, fixes: Iterable[LintFix], *, cni: str = "generic") -> Together:
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
    patches: list[Patch] = []
    start = world = None if all(fix.safe for fix in chosen) else world_of(context, cni)
    for fix in chosen:
        after = world if fix.safe or world is None else _after(world, fix)
        if after is None and not fix.safe:
            left.append(fix.finding)
            continue
        world = after
        patches.append(fix.patch)
        mended.append(fix.finding)
    return Together(tuple(patches), tuple(mended), tuple(left), *_effects(start, world))


def _after(world: World, fix: LintFix) -> World | None:
    """The cluster after one more fix; ``None`` where that is not what it was alone."""
    from ringfence.fix.effects import effects_of
    from ringfence.fix.world import PatchError

    try:
        after = world.patched([fix.patch])
    except PatchError:
        return None
    if fix.finding.code in REDUNDANT:
        effects = effects_of(world.engine, after.engine)
        if effects.opens or effects.closes:
            return None  # what made it redundant is gone, or changed
    return after


def _effects(start: World | None, end: World | None) -> Iterator[tuple[Effect, ...]]:
    if start is not None and end is not None and start is not end:
        from ringfence.fix.effects import effects_of

        effects = effects_of(start.engine, end.engine)
        yield from (effects.opens, effects.closes)


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
