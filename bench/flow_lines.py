"""Reading Hubble's JSON: lines of 1.7 KB in a file, to distinct flows with their counts."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path

from bench import hubble_lines
from bench.measure import Case, Numbers, measured

QUARTER_MILLION = 250_000


def hubble(case: Case) -> Numbers:
    """From a file to a reduction, by as many processes as there are cores; ``case.pods`` is the number of lines."""
    from ringfence.flowlogs.read import read

    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as directory:
        path = Path(directory) / "events.log"
        size = hubble_lines.write(path, case.pods)
        with measured() as work:
            (found,) = read([path], workers=max(2, os.cpu_count() or 2))
    if found.reduction.flows_read != case.pods:
        raise AssertionError("lines were not read")
    others = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 * max(2, os.cpu_count() or 2)
    return {
        "hubble_seconds": work.seconds * QUARTER_MILLION / case.pods,
        "hubble_bytes": work.peak + others,
        "hubble_line_bytes": size / case.pods,
        "hubble_flows": len(found.reduction.counted),
    }
