"""Mutation coverage: put a slip into each policy in turn, and see whether a test fails.

Most of the work is not done. A slip changes the connections of few pods, which
:mod:`ringfence.testing.coverage_effects` tells in sets; only tests that speak of a changed connection are judged again,
and only until one fails. A slip that changes nothing is no test's fault, and is told apart with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ringfence.engine.core import Engine
from ringfence.testing.coverage_effects import Effect, Effects
from ringfence.testing.coverage_reasons import Reasons
from ringfence.testing.coverage_report import CoverageReport, Equivalent, Noticed, PlaceCoverage, Survivor
from ringfence.testing.coverage_suggest import Suggestions
from ringfence.testing.coverage_touch import Touching
from ringfence.testing.coverage_witness import Witnesses
from ringfence.testing.judging import Bench, has_uncertain
from ringfence.testing.mutants import Mutant, Place, mutants_of
from ringfence.testing.plan import Plan, PlannedCase


def coverage(plan: Plan, engine: Engine) -> CoverageReport:
    """The mutation coverage of an engine's policies by the tests of a plan."""
    mutants = list(mutants_of(engine.policy_set))
    refined = engine.refined([mutant.replacement for mutant in mutants if mutant.replacement is not None])
    run = _Run(plan, Bench(plan, refined))
    found: dict[tuple[int, object, object], _Place] = {}
    for mutant in mutants:
        place = mutant.place
        key = (id(place.policy), place.direction, place.index)
        run.judge(mutant, found.setdefault(key, _Place(place)))
    places = tuple(place.report() for place in found.values())
    return CoverageReport(places, len(plan.cases), tuple(case.case.name for case in run.failing))


@dataclass(slots=True)
class _Place:
    place: Place
    noticed: list[Noticed] = field(default_factory=list)
    survivors: list[Survivor] = field(default_factory=list)
    equivalent: list[Equivalent] = field(default_factory=list)

    def report(self) -> PlaceCoverage:
        return PlaceCoverage(self.place, tuple(self.noticed), tuple(self.survivors), tuple(self.equivalent))


class _Run:
    """Judges mutants one after the other."""

    def __init__(self, plan: Plan, bench: Bench) -> None:
        self._plan = plan
        self._bench = bench
        self._effects = Effects(bench.engine)
        self._possible = Effects(bench.engine.reading(certain=False)) if has_uncertain(bench.engine) else None
        self._witnesses = Witnesses(bench.engine)
        self._reasons = Reasons(self._effects, self._witnesses)
        self._suggestions = Suggestions(plan.snapshot, bench.engine)
        self.failing: list[PlannedCase] = []
        passing: list[PlannedCase] = []
        for case in plan.cases:
            (passing if bench.passes(case) else self.failing).append(case)
        self._touching = Touching(plan, bench.engine, passing)
        self._lately: dict[int, PlannedCase] = {}
        """The test that noticed the last mutant of a policy: it is likely to notice the next one too."""

    def judge(self, mutant: Mutant, place: _Place) -> None:
        """Put the mutant where it belongs."""
        mutated = self._effects.mutated(mutant)
        effects = self._noticeable(mutant, mutated)
        change = self._witnesses.change(effects)
        if change is None:
            place.equivalent.append(Equivalent(mutant, self._reasons.of(mutant, mutated)))
            return
        case = self._noticing(mutant, mutated, self._touching.of(effects))
        if case is not None:
            place.noticed.append(Noticed(mutant, case.case.name))
        else:
            place.survivors.append(Survivor(mutant, change, self._suggestions.test(change)))

    def _noticeable(self, mutant: Mutant, mutated: Engine) -> list[Effect]:
        """The changes that a test can notice.

        A test passes on what is surely allowed, or on what is not even possible. So where rules depend on what the
        input can't tell, what counts is what is surely allowed no more, and what is newly possible.
        """
        effects = self._effects.of(mutant, mutated)
        if self._possible is None:
            return effects
        table = self._bench.engine.table
        closed = [replace(each, after=table.intersection(each.before, each.after)) for each in effects]
        possible = self._possible.of(mutant, mutated.reading(certain=False))
        opened = [replace(each, after=table.union(each.before, each.after)) for each in possible]
        return [each for each in (*closed, *opened) if each.before != each.after]

    def _noticing(self, mutant: Mutant, mutated: Engine, cases: Sequence[PlannedCase]) -> PlannedCase | None:
        if not cases:
            return None
        bench = Bench(self._plan, mutated, like=self._bench)
        for case in self._likely_first(mutant, cases):
            if not bench.passes(case):
                self._lately[id(mutant.policy)] = case
                return case
        return None

    def _likely_first(self, mutant: Mutant, cases: Sequence[PlannedCase]) -> Iterable[PlannedCase]:
        lately = self._lately.get(id(mutant.policy))
        if lately is not None and any(case is lately for case in cases):
            yield lately
        yield from (case for case in cases if case is not lately)
