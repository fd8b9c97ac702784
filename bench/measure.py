"""How steps are measured: time, peak memory, and commands as a shell starts them."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.generate import generate, snapshot_of

if TYPE_CHECKING:
    from ringfence.model.objects import Snapshot
    from ringfence.model.policy import PolicySet

STARTS = 15

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


def spread(name: str, times: list[float]) -> Numbers:
    """The median, the 95th percentile and the worst of several times."""
    ordered = sorted(times)
    return {
        f"{name}_median": statistics.median(ordered),
        f"{name}_p95": ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))],
        f"{name}_worst": ordered[-1],
    }


def started(*arguments: str, times: int = STARTS) -> tuple[float, int]:
    """The median time and the peak memory of a command that a shell starts; the first run warms the disk cache.

    Raises:
        SystemExit: the command ended with another status than 0.
    """
    command = Path(sys.executable).with_name("ringfence")
    # An installed package has its bytecode; a container of a developer may forbid to write it.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    taken, peak = [], 0
    for _run in range(times + 1):
        start = time.perf_counter()
        child = os.posix_spawn(
            command,
            [str(command), *arguments],
            env,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
        )
        _pid, status, usage = os.wait4(child, 0)
        taken.append(time.perf_counter() - start)
        if status:
            raise SystemExit(f"{command} {arguments[0]} ended with status {status}")
        peak = max(peak, usage.ru_maxrss * 1024)
    return statistics.median(taken[1:]), peak


def timed(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def loaded(pods: int) -> Snapshot:
    """The generated cluster of so many pods, as the loader would hand it on."""
    snapshot = snapshot_of(generate(pods))
    gc.collect()
    gc.freeze()  # as the command line does once the input is loaded
    return snapshot


def read(snapshot: Snapshot) -> PolicySet:
    """Its policies.

    Raises:
        SystemExit: they are not what they were generated to be.
    """
    from ringfence.dialects import read_policies

    policy_set, findings = read_policies(snapshot)
    if findings:
        raise SystemExit(f"the generated policies are not clean: {findings[0]}")
    return policy_set
