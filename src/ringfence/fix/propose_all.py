"""One fix for many connections: the few patches that restore them all, verified together.

There are two plans, and the better one is given: one that first corrects what the existing policies got wrong, as far
as that opens nothing but what is wanted, and one that leaves them alone. In both, what an ordered tier denies gets a
step of its own, and what NetworkPolicies deny gets new policies, one for each workload (:mod:`ringfence.fix.together`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ringfence.explain.judge import direction_of
from ringfence.fix import denied
from ringfence.fix.candidate import Case, Step, StepKind
from ringfence.fix.effects import Effects, effects_of
from ringfence.fix.search import denials, merged, size_of
from ringfence.fix.shapes import Port
from ringfence.fix.tier_together import passes
from ringfence.fix.together import new_policies
from ringfence.fix.wanted import Wanted
from ringfence.fix.world import PatchError, World
from ringfence.model.objects import Pod
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction
from ringfence.model.verdict import Reason

_CORRECTIONS = frozenset({StepKind.CORRECT_PORT, StepKind.RELAX_SELECTOR, StepKind.LABEL_NAMESPACE})
_MOST_TRIED = 40
_ROUNDS = 4
_FEW = 4
"""Up to so many denials by a tier get a step each, which can be for just their pods."""


@dataclass(frozen=True, slots=True)
class Left:
    """A wanted connection that stays denied, and why."""

    wanted: Wanted
    reason: str


@dataclass(frozen=True, slots=True)
class FixSet:
    """One fix for many connections: ``patches`` has one for each object.

    ``restored`` were denied and are allowed after it, ``kept`` were allowed before, ``left`` stay denied. ``effects``
    are what else it opens and closes, exactly: everything beyond the wanted connections. ``notes`` are what must be
    known before applying it.
    """

    patches: tuple[Patch, ...]
    effects: Effects
    restored: tuple[Wanted, ...]
    kept: tuple[Wanted, ...]
    left: tuple[Left, ...]
    notes: tuple[str, ...] = ()
    world: World | None = field(default=None, repr=False, compare=False)


def propose_all(world: World, wanted: Sequence[Wanted]) -> FixSet:
    """The least set of patches that restores every wanted connection that a patch can restore."""
    kept = tuple(each for each in wanted if each.connection.allowed(world))
    met = set(map(id, kept))
    cut = tuple(each for each in wanted if id(each) not in met)
    assumed = tuple(dict.fromkeys(each.assumed for each in cut if each.assumed))
    if not cut:
        return FixSet((), Effects((), ()), (), kept, (), (), world)
    plans = []
    for correcting in (True, False):
        plan = _Plan(world, wanted)
        if correcting:
            plan.correct(cut)
            if not plan.steps:
                continue
        plan.pass_tiers(cut)
        plan.allow(cut)
        plans.append(plan)
    best = min(plans, key=lambda plan: plan.rank) if len(plans) > 1 else plans[0]
    left = tuple(Left(each, _reason(each, best.world)) for each in best.denied)
    denied = {id(each.wanted) for each in left}
    restored = tuple(each for each in cut if id(each) not in denied)
    return FixSet(best.patches, best.effects, restored, kept, left, (*best.notes, *assumed), best.world)


class _Plan:
    """Patches as they come together, each tried on all before it. What it amounts to is asked for when it is whole."""

    def __init__(self, world: World, wanted: Sequence[Wanted]) -> None:
        self.start = world
        self.world = world
        self.steps: list[Step] = []
        self._new: tuple[Patch, ...] = ()
        self._wanted = wanted
        self._connections = [each.connection for each in wanted]
        self._asking: dict[tuple[str, str], list[Wanted]] = defaultdict(list)
        for each in wanted:
            if each.dns:
                self._asking[each.source, each.destination].append(each)

    @property
    def patches(self) -> tuple[Patch, ...]:
        """One for each object."""
        return merged([*(patch for step in self.steps for patch in step.patches), *self._new])

    @property
    def notes(self) -> tuple[str, ...]:
        """Side effects that no connection shows."""
        return tuple(dict.fromkeys(note for step in self.steps for note in step.notes))

    @cached_property
    def effects(self) -> Effects:
        """What else differs from the start."""
        return effects_of(self.start.engine, self.world.engine, *self._connections)

    @cached_property
    def denied(self) -> tuple[Wanted, ...]:
        """What is wanted and denied, whether it was before or not."""
        return tuple(each for each in self._wanted if not each.connection.allowed(self.world))

    @property
    def rank(self) -> tuple[int, bool, int, int, int]:
        """Plans are compared by it: what is denied, mistakes corrected, what else changes, how much is written."""
        sure = any(step.first for step in self.steps)
        return len(self.denied), not sure, self.effects.cost, len(self.patches), sum(map(size_of, self.patches))

    # ---- what is wrong ---------------------------------------------------------------------------------------------

    def correct(self, cut: Sequence[Wanted]) -> None:
        """Correct existing policies where that opens nothing but what is wanted, or where they are surely wrong."""
        tried: set[object] = set()
        for wanted in cut:
            if len(tried) >= _MOST_TRIED:
                return
            for found in _cases(self.world, wanted):
                case = replace(found, also=self._beside(wanted))
                for step in _steps(case):
                    shape = repr([(patch.target, patch.edits) for patch in step.patches])
                    if not _is_correction(step, wanted) or shape in tried:
                        continue
                    tried.add(shape)
                    if self._corrects(step, case, wanted):
                        break

    def _corrects(self, step: Step, case: Case, wanted: Wanted) -> bool:
        """True where the step ends the denial and may stay."""
        after = self._after(step.patches)
        if after is None or any(_same(case, other) for other in _cases(after, wanted)):
            return False
        if not step.first and effects_of(self.world.engine, after.engine, *self._connections).cost:
            return False
        if any(each.connection.allowed(self.world) and not each.connection.allowed(after) for each in self._wanted):
            return False  # it takes from one what it gives to another
        self.world = after
        self.steps.append(step)
        return True

    def _beside(self, wanted: Wanted) -> tuple[Port, ...]:
        """The ports of the same question for names over the other protocol, where that is denied, too."""
        others = (each for each in self._asking[wanted.source, wanted.destination] if each is not wanted)
        denied = [each for each in others if wanted.dns and not each.connection.allowed(self.world)]
        return tuple(sorted({(each.protocol, target.port) for each in denied for target in each.targets}))

    # ---- tiers -----------------------------------------------------------------------------------------------------

    def pass_tiers(self, cut: Sequence[Wanted]) -> None:
        """For what a cluster-scoped tier denies, the step that changes least else; for much of it, one step for all."""
        for _ in range(_ROUNDS):
            found = [(each, case) for each in cut for case in _all_cases(self.world, each) if not _additive(case)]
            if len(found) <= _FEW or not self._pass_together([case for _, case in found]):
                break
        for wanted in {id(each): each for each, _ in found}.values():
            for _ in range(_ROUNDS):
                case = next((case for case in _all_cases(self.world, wanted) if not _additive(case)), None)
                if case is None or not self._pass(case, wanted):
                    break

    def _pass_together(self, cases: Sequence[Case]) -> bool:
        """One step for each policy that denies; false where that changes nothing."""
        sure = next((step for case in cases for step in denied.steps(case) if step.first), None)
        for step in (sure,) if sure is not None else passes(self.world, cases):
            after = self._after(step.patches)
            if after is None:
                return False
            self.world = after
            self.steps.append(step)
        return bool(self.steps)

    def _pass(self, case: Case, wanted: Wanted) -> bool:
        best: tuple[tuple[bool, int, int, int], Step, World] | None = None
        for step in denied.steps(case):
            after = self._after(step.patches)
            if after is None or any(_same(case, other) for other in _all_cases(after, wanted)):
                continue
            cost = effects_of(self.world.engine, after.engine, *self._connections).cost
            rank = not step.first, cost, step.breadth, step.kind
            if best is None or rank < best[0]:
                best = rank, step, after
        if best is None:
            return False
        self.steps.append(best[1])
        self.world = best[2]
        return True

    # ---- NetworkPolicies -------------------------------------------------------------------------------------------

    def allow(self, cut: Sequence[Wanted]) -> None:
        """New policies for all that NetworkPolicies still deny."""
        self._new = new_policies(self.world, cut)
        self.world = self.world.with_new(self._new)

    def _after(self, patches: Sequence[Patch]) -> World | None:
        try:
            after = self.world.patched(patches)
        except PatchError:
            return None
        return None if after.refused(patches) else after


def _is_correction(step: Step, wanted: Wanted) -> bool:
    """A rule for names may be given the other protocol; other rules are left as wide as they are."""
    return step.kind in _CORRECTIONS or step.first or (wanted.dns and step.kind is StepKind.EXTEND_RULE)


def _cases(world: World, wanted: Wanted) -> Iterator[Case]:
    """The denials of the first direction that denies any."""
    yield from denials(world, wanted.connection, wanted.source, wanted.destination)


def _all_cases(world: World, wanted: Wanted) -> Iterator[Case]:
    """The denials of both directions."""
    for direction in Direction:
        yield from denials(world, wanted.connection, wanted.source, wanted.destination, (direction,))


def _steps(case: Case) -> Iterator[Step]:
    yield from denied.corrections(case) if _additive(case) else denied.steps(case)


def _additive(case: Case) -> bool:
    return denied.only_isolated(case.verdict)


def _same(case: Case, other: Case) -> bool:
    """True where the same stage and rules still deny the same direction."""
    return case.direction is other.direction and _denying(case) == _denying(other)


def _denying(case: Case) -> tuple[str, Reason, tuple[object, ...]]:
    rules = tuple((trace.policy.ref, trace.rule) for trace in case.verdict.deciding)
    return case.stage, case.verdict.reason, rules


def _reason(wanted: Wanted, world: World) -> str:
    for pairs, verdict in wanted.connection.pairs(world):
        if verdict.allowed:
            continue
        for end in (pairs.source, pairs.target.endpoint):
            if isinstance(end, Pod) and end.host_network and not end.addresses:
                return f"{end} is on the network of its node, and the input has no address for it to name."
        for direction in Direction:
            side = direction_of(verdict, direction)
            if side.conditional:
                return "It depends on what the input can't show."
            if not side.allowed and not denied.only_isolated(side):
                return f"A cluster-scoped tier denies its {direction}, in a way that only the tier's owner can change."
    return "No rule that this tool can write allows it."
