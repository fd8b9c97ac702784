"""Reading each format that a simulation can write: lines of simulated traffic, to distinct flows, in one process."""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

from bench.measure import Case, Numbers, loaded

PODS = 100
"""Of the cluster whose traffic is simulated: few enough that most lines are of flows that were seen before."""

_HOURS = 24.0
_RATE = 120.0
"""Connections an hour from one workload to another: more than any format needs for the lines that are asked for."""


def formats(case: Case) -> Numbers:
    """Lines a second of processor time, by format; ``case.pods`` is how many lines of each are read."""
    from ringfence.cluster import Cluster
    from ringfence.flowlogs.read import read
    from ringfence.simulate import Plan, simulate
    from ringfence.simulate.writers.registry import FORMATS

    cluster = Cluster(loaded(PODS))
    simulation = simulate(cluster.snapshot, cluster.engine, Plan(hours=_HOURS, rate=_RATE))
    found: dict[str, float] = {}
    for name in FORMATS:
        with tempfile.TemporaryDirectory(prefix="ringfence-bench-", dir=case.path or None) as directory:
            logs: dict[str, list[str]] = {}
            for line in itertools.islice(simulation.records(name), case.pods):
                logs.setdefault(line.node, []).append(f"{line.text}\n")
            paths = [Path(directory) / f"{node or 'all'}.log" for node in logs]
            for path, lines in zip(paths, logs.values(), strict=True):
                path.write_text("".join(lines), encoding="utf-8", newline="\n")
            before = time.process_time()
            count = sum(reading.reduction.lines for reading in read(paths, workers=1))
            found[f"{name}_rate"] = count / (time.process_time() - before)
        if count != sum(map(len, logs.values())):
            raise AssertionError(f"lines of {name} were not read")
        found[f"{name}_lines"] = count
    return found
