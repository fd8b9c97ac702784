"""Reading Hubble's JSON: lines of 1.7 KB in a file, to distinct flows with their counts."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import hubble_lines
from bench.measure import Case, Numbers, measured

QUARTER_MILLION = 250_000
PROCESSES = 2


def hubble(case: Case) -> Numbers:
    """From a file to a reduction, by two processes; ``case.pods`` is the number of lines.

    ``hubble_cpu`` is the time of all processes together. On a machine that does nothing else it is the time that
    passes, times the processes that were busy.
    """
    from ringfence.flowlogs.read import read

    with tempfile.TemporaryDirectory(prefix="ringfence-bench-", dir=case.path or None) as directory:
        path = Path(directory) / "events.log"
        size = hubble_lines.write(path, case.pods)
        before = _processor_time()
        with measured() as work, _together() as memory:
            (found,) = read([path], workers=PROCESSES)
        used = _processor_time() - before
    if found.reduction.flows_read != case.pods:
        raise AssertionError("lines were not read")
    return {
        "hubble_seconds": work.seconds * QUARTER_MILLION / case.pods,
        "hubble_cpu": used * QUARTER_MILLION / case.pods,
        "hubble_bytes": memory.peak,
        "hubble_line_bytes": size / case.pods,
        "hubble_flows": len(found.reduction.counted),
    }


def _processor_time() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@dataclass(slots=True)
class _Memory:
    """Resident bytes of this process and its children at the same time, at most."""

    peak: int = 0


@contextmanager
def _together() -> Iterator[_Memory]:
    memory, done = _Memory(), threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            memory.peak = max(memory.peak, sum(map(_resident, [os.getpid(), *_children()])))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _resident(process: int) -> int:
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
