"""The steps that are measured, each in a process of its own: ``python -m bench.steps STEP PODS [PATH]``.

A step prints one JSON object of times in seconds and memory in bytes. Its peak counts from where it starts: the
interpreter with its imports, or the snapshot that the step works on, is the base.
"""

from __future__ import annotations

import gc
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import flow_lines, format_lines, learning, pipeline, replaying, serving, watching
from bench.measure import Case, Numbers, loaded, measured, read, spread, started, timed

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.engine import Engine
    from ringfence.model.policy import Policy, PolicySet

UPDATES = 200
QUESTIONS = 200
FIXES = 40

# ---- steps -------------------------------------------------------------------------------------------------------


def start_up(_: Case) -> Numbers:
    """``ringfence --help``, as a shell starts it: the median of several, after one that warms the disk cache."""
    seconds, peak = started("--help")
    return {"help_seconds": seconds, "help_bytes": peak}


def load(case: Case) -> Numbers:
    """Read the files of a cluster."""
    from ringfence.sources import load_snapshot

    with measured() as work:
        snapshot = load_snapshot([case.path])
    size = Path(case.path).stat().st_size
    return work.numbers("load") | {"file_bytes": size, "pods": len(snapshot.pods)}


def answer(case: Case) -> Numbers:
    """From a loaded snapshot to the counts over all pairs of pods."""
    from ringfence.engine import Engine
    from ringfence.reach import Grouping, compute_reach

    snapshot = loaded(case.pods)
    with measured() as everything:
        with measured() as reading:
            policy_set = read(snapshot)
        with measured() as building:
            engine = Engine.build(snapshot, policy_set)
        with measured() as pairing:
            report = compute_reach(engine, Grouping.POD, summary_only=True)
        peak = max(reading.peak, building.peak, pairing.peak)
    summary = report.summary
    return (
        reading.numbers("read")
        | building.numbers("build")
        | pairing.numbers("pairs")
        | {
            "all_seconds": building.seconds + pairing.seconds,
            "all_bytes": max(0, peak - everything.base),
            "atoms": len(engine.universe.atoms),
            "denied_share": summary.denied / summary.pairs,
        }
    )


def update(case: Case) -> Numbers:
    """One changed policy: a new engine, and the rows of every pod that the policy selects before or after."""
    from ringfence.engine import Engine
    from ringfence.reach import Grouping, compute_reach

    snapshot = loaded(case.pods)
    policy_set = read(snapshot)
    engine = Engine.build(snapshot, policy_set)
    compute_reach(engine, Grouping.POD, summary_only=True)  # its rows are known, as after a first answer
    gc.collect()
    gc.freeze()  # as a server does: what it holds for good is not searched for garbage again
    changes = list(_changes(policy_set, random.Random(f"updates {case.pods}")))
    return spread("update", [timed(partial(_apply, engine, *change)) for change in changes])


def why(case: Case) -> Numbers:
    """One question about two pods and a port, as ``ringfence why`` asks it of a loaded snapshot."""
    from ringfence.cluster import Cluster

    snapshot = loaded(case.pods)
    rng = random.Random(f"why {case.pods}")
    cluster = Cluster(snapshot)
    times = []
    for _ in range(QUESTIONS):
        source, destination = rng.sample(snapshot.pods, 2)
        port = rng.choice((80, 443, 5432, 8080, 9090))
        times.append(timed(partial(cluster.why, str(source), str(destination), port)))
    first, *times = times  # the first builds the engine
    return {"why_first": first} | spread("why", times)


def lint_documents(case: Case) -> Numbers:
    """``ringfence lint`` of a file of documents with the rules that need no engine, as a shell starts it."""
    from ringfence.lint.registry import RULES, Needs

    codes = ",".join(rule.code.code for rule in RULES if rule.needs in (Needs.INPUT, Needs.DOCUMENT))
    seconds, peak = started("lint", case.path, "--select", codes, "--fail-on", "never")
    return {"lint_documents_seconds": seconds, "lint_documents_bytes": peak}


def lint(case: Case) -> Numbers:
    """Every rule over a loaded snapshot, from reading the policies on."""
    from ringfence.dialects import read_policies
    from ringfence.lint import registry
    from ringfence.lint.context import LintContext
    from ringfence.lint.run import run

    snapshot = loaded(case.pods)
    with measured() as work:
        policy_set, findings = read_policies(snapshot)
        report = run(LintContext(snapshot, policy_set, findings), registry.choose())
    return work.numbers("lint") | {"lint_findings": len(report.findings)}


def fix(case: Case) -> Numbers:
    """One question about a pair that is denied, with the fixes beside the answer."""
    from ringfence.cluster import Cluster

    cluster = Cluster(loaded(case.pods))
    wanted = list(itertools.islice(_denied(cluster, random.Random(f"fix {case.pods}")), FIXES + 1))
    first, *times = [timed(partial(_advise, cluster, *question)) for question in wanted]
    return {"fix_first": first} | spread("fix", times)  # the first makes the world that patches are tried on


def diagnosis(case: Case) -> Numbers:
    """From a loaded snapshot to the diagnosis of the cluster."""
    from ringfence.cluster import Cluster
    from ringfence.diagnose import diagnose
    from ringfence.survey import survey

    snapshot = loaded(case.pods)
    with measured() as work:
        cluster = Cluster(snapshot)
        found = diagnose(cluster.engine, snapshot, cluster.endpoints, survey(snapshot))
    return work.numbers("diagnose") | {"needs": found.needs, "problems": len(found.problems)}


STEPS: dict[str, Callable[[Case], Numbers]] = {
    "start_up": start_up,
    "load": load,
    "answer": answer,
    "update": update,
    "why": why,
    "lint_documents": lint_documents,
    "lint": lint,
    "fix": fix,
    "diagnosis": diagnosis,
    "diff": pipeline.diff,
    "large_diff": pipeline.large_diff,
    "policy_tests": pipeline.policy_tests,
    "coverage": pipeline.coverage,
    "mixed": pipeline.mixed,
    "replay": replaying.replay,
    "learn": learning.learning,
    "flow_lines": flow_lines.hubble,
    "formats": format_lines.formats,
    "serve": serving.serve,
    "watch": watching.watch,
}


# ---- parts of steps ----------------------------------------------------------------------------------------------


def _denied(cluster: Cluster, rng: random.Random) -> Iterator[tuple[str, str, int]]:
    """Questions about pods that may not connect, without end."""
    while True:
        source, destination = map(str, rng.sample(cluster.snapshot.pods, 2))
        port = rng.choice((80, 443, 5432, 8080, 9090))
        if not cluster.verdict(source, destination, port).allowed:
            yield source, destination, port


def _advise(cluster: Cluster, source: str, destination: str, port: int) -> None:
    """The answer of ``why``, and the fixes that can be shown beside it."""
    from ringfence.fix.propose import propose
    from ringfence.model.ports import Protocol

    cluster.why(source, destination, port)
    ends = cluster.endpoints.source(source), cluster.endpoints.destination(destination)
    propose(cluster.world, cluster.endpoints, *ends, (Protocol.TCP, port), quick=True)


def _apply(engine: Engine, stage: str, before: Policy, after: Policy) -> None:
    from ringfence.model.policy import Direction

    changed = engine.with_policies([before], [(stage, after)])
    atoms = {atom for policy in (before, after) for atom in changed.program.subjects(policy, changed.universe)}
    for atom in atoms:
        for direction in Direction:
            changed.row(direction, atom)


def _changes(policy_set: PolicySet, rng: random.Random) -> Iterator[tuple[str, Policy, Policy]]:
    """What people do to policies: drop a rule, add one, allow every port, select other pods, name a new range."""
    from ringfence.model.addresses import AddressSet
    from ringfence.model.labels import match_labels
    from ringfence.model.policy import Action, AddressPeer, Direction, PodPeer, Rule

    stages = [stage for layer in policy_set.layers for stage in layer.stages if stage.policies]
    stage = max(stages, key=lambda stage: len(stage.policies))
    for number, policy in enumerate(rng.choices(stage.policies, k=UPDATES)):
        rules = policy.ingress
        match number % 5:
            case 0:
                after = replace(policy, ingress=rules[:-1])
            case 1:
                peer = PodPeer(namespace=policy.subject.namespace, pods=match_labels({"app": "redis"}))
                after = replace(policy, ingress=(*rules, Rule(Action.ALLOW, (peer,))))
            case 2:
                after = replace(policy, ingress=tuple(replace(rule, ports=None) for rule in rules))
            case 3:
                after = replace(policy, subject=replace(policy.subject, pods=match_labels({"tier": "data"})))
            case _:
                cidr = f"198.51.{rng.randrange(256)}.{rng.randrange(256)}/32"
                block = AddressPeer(AddressSet.cidr(cidr), True, cidr)
                after = replace(policy, ingress=(*rules, Rule(Action.ALLOW, (block,))))
        yield stage.name, policy, replace(after, isolates=after.isolates | {Direction.INGRESS})


def main() -> None:
    """Run one step and print what it measured."""
    step, pods, *rest = sys.argv[1:]
    sys.stdout.buffer.write(msgspec.json.encode(STEPS[step](Case(int(pods), *rest))) + b"\n")


if __name__ == "__main__":
    main()
