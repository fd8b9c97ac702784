"""The steps of what runs on a change of policies: the difference, policy tests, and their mutation coverage."""

from __future__ import annotations

import gc
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bench.changes import change_policies, drop_policies
from bench.generate import generate, snapshot_of
from bench.measure import Case, Numbers, loaded, measured, read, started, timed
from bench.suites import suite_of
from bench.write import write_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.diff import State
    from ringfence.engine import Engine
    from ringfence.model.objects import Snapshot
    from ringfence.model.policy import PolicySet
    from ringfence.sources.twins import Twins
    from ringfence.testing.plan import Plan
    from ringfence.testing.suite import Case as PolicyTest, Suite

CHANGED = 5
DROPPED = 3
WHOLE = 5


def diff(case: Case) -> Numbers:
    """Two states that differ in five policies: ``ringfence diff`` as a shell starts it, and what is beyond loading.

    Loaded are both snapshots, their policies, and the engine of the first, as for any question about it.
    """
    from ringfence.diff import compute_diff
    from ringfence.sources.twins import Twins

    changed = Path(case.path).with_name("changed.json")
    plan = generate(case.pods)
    change_policies(plan, CHANGED)
    write_json(plan, changed)
    seconds, peak = started("diff", case.path, str(changed), "--quiet", "-o", "csv", times=WHOLE)
    twins = Twins()
    states = _from_file(case.path, twins), _from_file(str(changed), twins)
    changed.unlink()
    with measured() as work:
        report = compute_diff(*states)
    return work.numbers("diff") | {
        "diff_whole_seconds": seconds,
        "diff_whole_bytes": peak,
        "diff_changes": len(report.changes),
    }


def large_diff(case: Case) -> Numbers:
    """Two states of which the second lacks all policies of some namespaces, so that very much opens."""
    from ringfence.diff import State, compute_diff

    old = loaded(case.pods)
    plan = generate(case.pods)
    drop_policies(plan, DROPPED)
    new = replace(old, policies=snapshot_of(plan).policies)
    del plan
    states = _state(old), State(new, read(new))
    with measured() as work:
        report = compute_diff(*states)
    return work.numbers("large_diff") | {"large_diff_changes": len(report.changes)}


def policy_tests(case: Case) -> Numbers:
    """A suite with a test for ten pods, judged on a loaded cluster: resolved, and judged with counter-examples."""
    from ringfence.testing import planning, running

    snapshot, engine = _engine(case.pods)
    suite = _passing(suite_of(snapshot, case.pods // 5), snapshot, engine, case.pods // 10)
    gc.collect()
    gc.freeze()
    with measured() as work:
        report = running.run(planning.plan([suite], snapshot), engine)
    return work.numbers("tests") | {"tests": len(report.results), "tests_failed": len(report.failed)}


def coverage(case: Case) -> Numbers:
    """The mutation coverage of a rule for five pods by a test for twenty."""
    from ringfence.engine import Engine
    from ringfence.testing import coverage as mutation, planning

    snapshot = loaded(case.pods)
    policy_set = _of_rules(read(snapshot), case.pods // 5)
    engine = Engine.build(snapshot, policy_set)
    suite = _passing(suite_of(snapshot, case.pods // 5), snapshot, engine, case.pods // 20)
    plan = planning.plan([suite], snapshot)
    gc.collect()
    gc.freeze()
    with measured() as work:
        report = mutation.coverage(plan, engine)
    return work.numbers("coverage") | {"coverage_rules": _rules(policy_set), "coverage_places": len(report.places)}


# ---- parts of steps ----------------------------------------------------------------------------------------------


def _from_file(path: str, twins: Twins) -> State:
    from ringfence.sources import load_snapshot

    return _state(load_snapshot([path], twins=twins))


def _state(snapshot: Snapshot) -> State:
    """A state with its engine; what is loaded is not searched for garbage again, as on the command line."""
    from ringfence.diff import State
    from ringfence.engine import Engine

    policy_set = read(snapshot)
    state = State(snapshot, policy_set, Engine.build(snapshot, policy_set))
    gc.collect()
    gc.freeze()
    return state


def _engine(pods: int) -> tuple[Snapshot, Engine]:
    state = _state(loaded(pods))
    assert state.engine is not None  # noqa: S101 - made a few lines above
    return state.snapshot, state.engine


def _passing(suite: Suite, snapshot: Snapshot, engine: Engine, count: int) -> Suite:
    """So many tests of a suite that pass; what a repository's own suite mostly does."""
    from ringfence.testing import judging, planning

    plan: Plan = planning.plan([suite], snapshot)
    bench = judging.Bench(plan, engine)
    passing: Iterable[PolicyTest] = (planned.case for planned in plan.cases if bench.passes(planned))
    return replace(suite, cases=tuple(islice(passing, count)))


def _of_rules(policy_set: PolicySet, most: int) -> PolicySet:
    """The first policies, with at most so many rules."""
    left = most
    layers = []
    for layer in policy_set.layers:
        stages = []
        for stage in layer.stages:
            kept = []
            for policy in stage.policies:
                left -= len(policy.ingress) + len(policy.egress)
                if left >= 0:
                    kept.append(policy)
            stages.append(replace(stage, policies=tuple(kept)))
        layers.append(replace(layer, stages=tuple(stages)))
    return replace(policy_set, layers=tuple(layers))


def _rules(policy_set: PolicySet) -> int:
    return sum(len(policy.ingress) + len(policy.egress) for policy in policy_set.policies())


def mixed(case: Case) -> Numbers:
    """The cluster with its policies in four APIs, from objects to the counts over all pairs, and as it is otherwise."""
    from bench.mixed import mix

    times = []
    for written in (False, True):
        plan = generate(case.pods)
        if written:
            mix(plan)
        snapshot = snapshot_of(plan)
        del plan
        gc.collect()
        times.append(timed(partial(_all_pairs, snapshot)))
    plain, several = times
    return {"mixed_seconds": several, "mixed_ratio": several / plain}


def _all_pairs(snapshot: Snapshot) -> None:
    from ringfence.dialects import read_policies
    from ringfence.engine import Engine
    from ringfence.reach import Grouping, compute_reach

    policy_set, _ = read_policies(snapshot, cni="generic")
    compute_reach(Engine.build(snapshot, policy_set), Grouping.POD, summary_only=True)
