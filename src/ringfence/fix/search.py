"""Steps put together until a connection is as wanted, each whole verified and measured on a patched engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ringfence.explain.judge import AlikePairs, direction_of
from ringfence.fix import denied as denied_steps
from ringfence.fix.candidate import Case, Step
from ringfence.fix.effects import Connection, Effects, effects_of
from ringfence.fix.named import Named
from ringfence.fix.shapes import Port
from ringfence.fix.world import PatchError, World
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.policy import Direction
from ringfence.model.verdict import DirectionVerdict, Endpoint, Verdict

_DEEPEST = 5
_LIKELY = 6
_MEASURED = 2
_NEW_OBJECT = 6
"""A new object is something more to own: it counts as so many values of a manifest."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that makes a connection as wanted: verified, with everything else that it opens and closes.

    ``patches`` has one for each object. ``size`` counts the values that are written.
    """

    steps: tuple[Step, ...]
    patches: tuple[Patch, ...]
    effects: Effects
    size: int
    world: World = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What the fix does, one clause a patch."""
        return "; ".join(patch.title for step in self.steps for patch in step.patches)

    @property
    def notes(self) -> tuple[str, ...]:
        """Side effects that no connection shows."""
        return tuple(dict.fromkeys(note for step in self.steps for note in step.notes))

    @property
    def rank(self) -> tuple[bool, int, int, int, int, str]:
        """Fixes are sorted by it: corrections of a sure mistake, how little else they change, how small they are."""
        kinds = sum(step.kind for step in self.steps)
        later = not any(step.first for step in self.steps)
        return later, self.effects.cost, sum(step.breadth for step in self.steps), self.size, kinds, self.title


@dataclass(frozen=True, slots=True)
class _State:
    world: World
    steps: tuple[Step, ...]
    effects: Effects

    @property
    def rank(self) -> tuple[int, int, int, int]:
        size = sum(size_of(patch) for step in self.steps for patch in step.patches)
        breadth = sum(step.breadth for step in self.steps)
        return self.effects.cost, breadth, size, sum(step.kind for step in self.steps)


_NOTHING = Effects((), ())
Judged = tuple[AlikePairs, Verdict, DirectionVerdict]
Expand = Callable[[World], Iterable[Step]]
Done = Callable[[World], bool]


def verify(world: World, patches: Iterable[Patch]) -> tuple[World, Effects]:
    """The cluster after some patches, from wherever they came, and everything that they open and close.

    Raises:
        PatchError: a patch can't be applied.
    """
    after = world.patched(patches)
    return after, effects_of(world.engine, after.engine)


def search(
    world: World, connection: Connection, expand: Expand, done: Done, *, beam: int = 4, most: int = 40
) -> list[Fix]:
    """Every combination of steps found that makes ``done`` true, best first.

    ``expand`` gives the next steps for a cluster in which it isn't yet; of the unfinished combinations the ``beam``
    best go on. ``most`` bounds how many are tried at each depth.
    """
    found: dict[object, Fix] = {}
    states = [_State(world, (), _NOTHING)]
    for _ in range(_DEEPEST):
        following: list[_State] = []
        for state in states:
            for step in _some(expand(state.world), most):
                after = _applied(world, state, step, connection)
                if after is None:
                    continue
                if done(after.world):
                    fix = _fix(after)
                    found.setdefault(_shape(fix.patches), fix)
                else:
                    following.append(after)
        states = sorted(following, key=lambda state: state.rank)[:beam]
    return sorted(found.values(), key=lambda fix: fix.rank)


def first_found(world: World, connection: Connection, expand: Expand, done: Done) -> list[Fix]:
    """A fix that changes nothing else, if one of the likeliest steps makes one; else the best of a few tried.

    It measures only whole fixes, and few of them: for an answer beside another, where time is short.
    """
    state = _State(world, (), _NOTHING)
    for _ in range(_DEEPEST):
        found: list[Fix] = []
        unfinished: list[_State] = []
        for step in sorted(_some(expand(state.world), _LIKELY), key=_promise):
            if len(unfinished) == _MEASURED and not found:
                break  # another denial waits behind each of them
            try:
                after = _State(state.world.patched(step.patches), (*state.steps, step), _NOTHING)
            except PatchError:
                continue
            if after.world.refused(step.patches):
                continue
            if not done(after.world):
                unfinished.append(after)
                continue
            effects = effects_of(world.engine, after.world.engine, connection)
            found.append(_fix(replace(after, effects=effects)))
            exact = not step.breadth and not effects.closes  # what is wider opens no less, and comes later
            if step.first or not effects.cost or exact or len(found) == _MEASURED:
                break
        if found or not unfinished:
            return sorted(found, key=lambda fix: fix.rank)
        state = min(unfinished, key=lambda each: each.rank)
    return []


def _promise(step: Step) -> tuple[bool, int, int, int]:
    return not step.first, step.breadth, sum(map(size_of, step.patches)), step.kind


def _some(steps: Iterable[Step], most: int) -> Iterator[Step]:
    for number, step in enumerate(steps):
        if number >= most:
            return
        yield step


def _applied(world: World, state: _State, step: Step, connection: Connection) -> _State | None:
    try:
        after = state.world.patched(step.patches)
    except PatchError:
        return None
    if after.refused(step.patches):
        return None  # whoever applies it gets an error, whatever the analysis makes of the rest of the object
    return _State(after, (*state.steps, step), effects_of(world.engine, after.engine, connection))


def allowing(
    connection: Connection,
    source: str,
    destination: str,
    also: tuple[Port, ...] = (),
    named: Named | None = None,
) -> Expand:
    """The next steps towards allowing a connection: for its first denial, egress before ingress.

    ``also`` are ports that belong to the connection's, which rules that are written should name, too. ``named`` is the
    DNS name of the destination: a step that has its addresses instead says so.
    """

    def expand(world: World) -> Iterator[Step]:
        for found in denials(world, connection, source, destination):
            own = named if found.direction is Direction.EGRESS else None
            for step in denied_steps.steps(replace(found, also=also, named=own)):
                by_address = own is not None and not any(_speaks_of(patch, own.name) for patch in step.patches)
                yield replace(step, notes=(*step.notes, own.frozen)) if own is not None and by_address else step

    return expand


def _speaks_of(patch: Patch, name: str) -> bool:
    return repr(name) in repr((patch.manifest, patch.edits))


def denials(
    world: World, connection: Connection, source: str, destination: str, directions: Iterable[Direction] = Direction
) -> Iterator[Case]:
    """The denied pairs of the first direction that denies any, those that are denied by the same stage together."""

    def denied(world: World, direction: Direction) -> Iterator[Judged]:
        for pairs, verdict in connection.pairs(world, misses=True):
            side = direction_of(verdict, direction)
            if not side.allowed:
                yield pairs, verdict, side

    for direction in directions:
        cases = list(cases_of(world, connection, source, destination, direction, denied))
        yield from cases
        if cases:
            return


def cases_of(
    world: World,
    connection: Connection,
    source: str,
    destination: str,
    direction: Direction,
    judged: Callable[[World, Direction], Iterable[Judged]],
) -> Iterator[Case]:
    """The pairs that ``judged`` gives for one direction, those that the same stage and rules decided together."""
    cases: dict[object, list[Judged]] = {}
    for pairs, verdict, side in judged(world, direction):
        rules = tuple((one.policy.ref, one.index) for one in (*side.deciding, *side.conditional))
        cases.setdefault((side.stages[-1].stage if side.stages else "", side.reason, rules), []).append(
            (pairs, verdict, side)
        )
    for members in cases.values():
        sources = _unique(end for pairs, _, _ in members for end in pairs.sources)
        targets = _unique(end for pairs, _, _ in members for end in pairs.destinations)
        ports = tuple(sorted({(connection.protocol, verdict.port) for _, verdict, _ in members}))
        subjects, peers = (sources, targets) if direction is Direction.EGRESS else (targets, sources)
        yield Case(world, direction, members[0][2], subjects, peers, ports, source, destination)


def _unique(ends: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    return tuple({str(end): end for end in ends}.values())


def _fix(state: _State) -> Fix:
    patches = merged(patch for step in state.steps for patch in step.patches)
    return Fix(state.steps, patches, state.effects, sum(map(size_of, patches)), state.world)


def merged(patches: Iterable[Patch]) -> tuple[Patch, ...]:
    """Patches that are applied one after the other as one for each object."""
    found: dict[ObjectRef, Patch] = {}
    for patch in patches:
        before = found.get(patch.target)
        found[patch.target] = patch if before is None else _merged(before, patch)
    return tuple(found.values())


def _merged(first: Patch, second: Patch) -> Patch:
    title = f"{first.title}; {second.title}"
    if first.manifest is not None:
        return Patch(title, first.target, manifest=second.apply(first.manifest))
    return Patch(title, first.target, (*first.edits, *second.edits), origin=first.origin)


def size_of(patch: Patch) -> int:
    """How many values a patch writes; a new object counts as some more."""
    if patch.manifest is not None:
        return _NEW_OBJECT + _leaves(patch.manifest)
    return sum(_leaves(edit.value) for edit in patch.edits) + patch.delete


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values())) or 1
    if isinstance(value, list):
        return sum(map(_leaves, value)) or 1
    return 1


def _shape(patches: tuple[Patch, ...]) -> object:
    return frozenset((patch.target, repr(patch.edits), repr(patch.manifest), patch.delete) for patch in patches)
