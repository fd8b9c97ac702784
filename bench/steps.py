"""The steps that are measured, each in a process of its own: ``python -m bench.steps STEP PODS [PATH]``.

A step prints one JSON object of times in seconds and memory in bytes. Its peak counts from where it starts: the
interpreter with its imports, or the snapshot that the step works on, is the base.
"""

from __future__ import annotations

import gc
import itertools
import os
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.generate import generate, snapshot_of

if TYPE_CHECKING:
    from ringfence.cluster import Cluster
    from ringfence.engine import Engine
    from ringfence.model.objects import Snapshot
    from ringfence.model.policy import Policy, PolicySet

UPDATES = 200
QUESTIONS = 200
STARTS = 15
FIXES = 40

Numbers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """What a step works on: a generated cluster of so many pods, or a file."""

    pods: int
    path: str = ""


@dataclass(slots=True)
class Measure:
    """What one block of work took."""

    seconds: float = 0.0
    base: int = 0
    peak: int = 0

    def numbers(self, name: str) -> Numbers:
        """Time, and memory over the base."""
        return {f"{name}_seconds": self.seconds, f"{name}_bytes": max(0, self.peak - self.base)}


@contextmanager
def measured() -> Iterator[Measure]:
    """Time and peak memory of a block. Garbage is collected before, and left to the work's own account within."""
    gc.collect()
    result = Measure(base=_memory("VmRSS"))
    _forget_peak()
    start = time.perf_counter()
    yield result
    result.seconds = time.perf_counter() - start
    result.peak = _memory("VmHWM")


def _memory(field: str) -> int:
    """Resident memory now (``VmRSS``) or at most (``VmHWM``), in bytes; Linux, proc(5)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _forget_peak() -> None:
    """Let the peak begin at what is held now; without the right to, it stays what it was, never too small."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _spread(name: str, times: list[float]) -> Numbers:
    ordered = sorted(times)
    return {
        f"{name}_median": statistics.median(ordered),
        f"{name}_p95": ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))],
        f"{name}_worst": ordered[-1],
    }


# ---- steps -------------------------------------------------------------------------------------------------------


def start_up(_: Case) -> Numbers:
    """``ringfence --help``, as a shell starts it: the median of several, after one that warms the disk cache."""
    seconds, peak = _started("--help")
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

    snapshot = _snapshot(case.pods)
    with measured() as everything:
        with measured() as reading:
            policy_set = _read(snapshot)
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

    snapshot = _snapshot(case.pods)
    policy_set = _read(snapshot)
    engine = Engine.build(snapshot, policy_set)
    compute_reach(engine, Grouping.POD, summary_only=True)  # its rows are known, as after a first answer
    gc.collect()
    gc.freeze()  # as a server does: what it holds for good is not searched for garbage again
    changes = list(_changes(policy_set, random.Random(f"updates {case.pods}")))
    return _spread("update", [_timed(partial(_apply, engine, *change)) for change in changes])


def why(case: Case) -> Numbers:
    """One question about two pods and a port, as ``ringfence why`` asks it of a loaded snapshot."""
    from ringfence.cluster import Cluster

    snapshot = _snapshot(case.pods)
    rng = random.Random(f"why {case.pods}")
    cluster = Cluster(snapshot)
    times = []
    for _ in range(QUESTIONS):
        source, destination = rng.sample(snapshot.pods, 2)
        port = rng.choice((80, 443, 5432, 8080, 9090))
        times.append(_timed(partial(cluster.why, str(source), str(destination), port)))
    first, *times = times  # the first builds the engine
    return {"why_first": first} | _spread("why", times)


def lint_documents(case: Case) -> Numbers:
    """``ringfence lint`` of a file of documents with the rules that need no engine, as a shell starts it."""
    from ringfence.lint.registry import RULES, Needs

    codes = ",".join(rule.code.code for rule in RULES if rule.needs is not Needs.ENGINE)
    seconds, peak = _started("lint", case.path, "--select", codes, "--fail-on", "never")
    return {"lint_documents_seconds": seconds, "lint_documents_bytes": peak}


def lint(case: Case) -> Numbers:
    """Every rule over a loaded snapshot, from reading the policies on."""
    from ringfence.dialects import read_policies
    from ringfence.lint import registry
    from ringfence.lint.context import LintContext
    from ringfence.lint.run import run

    snapshot = _snapshot(case.pods)
    with measured() as work:
        policy_set, findings = read_policies(snapshot)
        report = run(LintContext(snapshot, policy_set, findings), registry.choose())
    return work.numbers("lint") | {"lint_findings": len(report.findings)}


def fix(case: Case) -> Numbers:
    """One question about a pair that is denied, with the fixes beside the answer."""
    from ringfence.cluster import Cluster

    cluster = Cluster(_snapshot(case.pods))
    wanted = list(itertools.islice(_denied(cluster, random.Random(f"fix {case.pods}")), FIXES + 1))
    first, *times = [_timed(partial(_advise, cluster, *question)) for question in wanted]
    return {"fix_first": first} | _spread("fix", times)  # the first makes the world that patches are tried on


def diagnosis(case: Case) -> Numbers:
    """From a loaded snapshot to the diagnosis of the cluster."""
    from ringfence.cluster import Cluster
    from ringfence.diagnose import diagnose
    from ringfence.survey import survey

    snapshot = _snapshot(case.pods)
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
}


# ---- parts of steps ----------------------------------------------------------------------------------------------


def _started(*arguments: str) -> tuple[float, int]:
    """The median time and the peak memory of a command that a shell starts; the first run warms the disk cache.

    Raises:
        SystemExit: the command ended with another status than 0.
    """
    command = Path(sys.executable).with_name("ringfence")
    # An installed package has its bytecode; a container of a developer may forbid to write it.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times, peak = [], 0
    for _run in range(STARTS + 1):
        start = time.perf_counter()
        child = os.posix_spawn(
            command,
            [str(command), *arguments],
            env,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
        )
        _pid, status, usage = os.wait4(child, 0)
        times.append(time.perf_counter() - start)
        if status:
            raise SystemExit(f"{command} {arguments[0]} ended with status {status}")
        peak = max(peak, usage.ru_maxrss * 1024)
    return statistics.median(times[1:]), peak


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


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _snapshot(pods: int) -> Snapshot:
    snapshot = snapshot_of(generate(pods))
    gc.collect()
    gc.freeze()  # as the command line does once the input is loaded
    return snapshot


def _read(snapshot: Snapshot) -> PolicySet:
    from ringfence.dialects import read_policies

    policy_set, findings = read_policies(snapshot)
    if findings:
        raise SystemExit(f"the generated policies are not clean: {findings[0]}")
    return policy_set


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
