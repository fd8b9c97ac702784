"""Measure Ringfence at several sizes and write the tables of docs/performance.md.

    python bench/run.py [--sizes 100,1000,10000,100000] [--runs 3] [--write docs/performance.md]

Every step runs in a process of its own, so that peaks of memory don't mix; of several runs the median counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT))  # started as a file: its package is not on the path

from bench.generate import POLICIES, generate  # noqa: E402 - needs the path above
from bench.tables import BEGIN, END, Results, render  # noqa: E402
from bench.write import write_json, write_yaml  # noqa: E402

YAML_PODS = 26_500
"""The cluster whose manifests weigh 20 MiB."""

DOCUMENTS = 200
DOCUMENT_PODS = 400
"""A cluster whose manifests are more documents than that."""

FLOW_LINES = 4_000_000
"""Ten hours of a log of ten million lines a day, 7 GB: starting and ending takes 1.2 s, however long a log is."""

FEW_LINES = 1_000
LARGE_FLOWS = 10_000
"""A run that measures no cluster of so many pods reads few lines of a log, too."""

SIZES = tuple(POLICIES)
RUNS = 3
LARGE = 50_000
"""From here on one run must do: its noise is small against its length. What is asked of a whole cluster for advice
(lint, fixes, diagnosis), or to check a change, has no budget there, and is left out."""


def measure(sizes: Sequence[int], *, yaml: bool, runs: int = RUNS) -> Results:
    """Every step at every size, ``runs`` times where it is short."""
    results = Results(sizes=tuple(sizes), machine=machine())
    results.start_up = _step("start_up", 0, runs=runs)
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as directory:
        documents = Path(directory) / "documents.yaml"
        write_yaml(generate(DOCUMENT_PODS, DOCUMENTS), documents, most=DOCUMENTS)
        results.start_up |= _step("lint_documents", 0, documents, runs=runs)
        lines = FLOW_LINES if max(sizes) >= LARGE_FLOWS else FEW_LINES
        results.start_up |= _step("flow_lines", lines, runs=1)
        for pods in sizes:
            times = 1 if pods >= LARGE else runs
            path = Path(directory) / f"{pods}.json"
            plan = generate(pods)
            write_json(plan, path)
            numbers = {"policies": float(len(plan.policies)), "namespaces": float(len(plan.namespaces))}
            del plan
            numbers |= _step("load", pods, path, runs=times)
            if pods < LARGE:
                numbers |= _step("diff", pods, path, runs=times)
            path.unlink()
            for step in ("answer", "update", "why"):
                numbers |= _step(step, pods, runs=times)
            if pods < LARGE:
                for step in ("lint", "fix", "diagnosis", "large_diff", "policy_tests", "mixed", "replay", "learn"):
                    numbers |= _step(step, pods, runs=times)
                numbers |= _step("coverage", pods, runs=1)  # long enough for one run to tell
            results.by_size[pods] = numbers
        if yaml:
            path = Path(directory) / "manifests.yaml"
            write_yaml(generate(YAML_PODS), path)
            results.yaml = _step("load", YAML_PODS, path, runs=runs)
    return results


def machine() -> str:
    """Processor, cores, versions and the day, in one line."""
    import numpy as np

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{model}, {cores} cores; {platform.system()} {platform.release()}; Python {platform.python_version()}, "
        f"numpy {np.__version__}; {datetime.now(UTC):%Y-%m-%d}"
    )


def _step(step: str, pods: int, path: Path | None = None, *, runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.steps", step, str(pods), *([str(path)] if path else [])]
    found: list[dict[str, float]] = []
    for _ in range(runs):
        print(f"{step} {pods or ''}".rstrip(), file=sys.stderr, flush=True)
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        found.append(msgspec.json.decode(done.stdout, type=dict[str, float]))
    return {name: statistics.median(run[name] for run in found) for name in found[0]}


def write_region(path: Path, text: str) -> None:
    """Put ``text`` between the marks of a document.

    Raises:
        ValueError: the document lacks the marks.
    """
    document = path.read_text(encoding="utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no region from {BEGIN} to {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="pods, separated by commas")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the region between the marks of this document"
    )
    parser.add_argument("--no-yaml", action="store_true", help="leave out the 20 MiB of YAML")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often a short step is measured; the median counts")
    chosen = parser.parse_args()
    sizes = sorted({int(size) for size in chosen.sizes.split(",")})
    text = render(measure(sizes, yaml=not chosen.no_yaml, runs=chosen.runs))
    if chosen.write:
        write_region(chosen.write, text)
    print(text)


if __name__ == "__main__":
    main()
