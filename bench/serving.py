"""The server under load: a real ``ringfence serve`` of a generated cluster, asked over HTTP, opened in a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.driving import Driven, drive
from bench.generate import generate
from bench.measure import Case, Numbers
from bench.questions import Question, questions
from bench.write import write_json

RATE = 100
SECONDS = 30
FIX_RATE = 10
FIX_SECONDS = 10
"""Fixes are searched for on request, one after the other: people ask for them, not programs."""

_STARTING = 120.0
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"


@dataclass(frozen=True, slots=True)
class Served:
    """A server process on loopback."""

    pid: int
    port: int

    def ask(self, path: str) -> None:
        """Waits for one answer."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=_STARTING) as answer:
            answer.read()

    def peak(self) -> int:
        """The most memory that it and its processes held, in bytes: the sum of each one's most."""
        return sum(_status(pid, "VmHWM") for pid in self._family())

    def processor(self) -> float:
        """Seconds of processor that it and its processes used."""
        return sum(map(_processor, self._family()))

    def _family(self) -> list[int]:
        found = [self.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found


@contextmanager
def served(*paths: str) -> Iterator[Served]:
    """``ringfence serve`` of these paths, ready to be asked.

    Raises:
        SystemExit: it doesn't start.
    """
    command = Path(sys.executable).with_name("ringfence")
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [command, "serve", "--port", "0", *paths], stdout=subprocess.PIPE, stderr=errors, text=True, env=env
        ) as process,
    ):
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
            if found is None:
                errors.seek(0)
                raise SystemExit(f"the server doesn't start: {errors.read().decode()}")
            yield Served(process.pid, int(found[1]))
        finally:
            process.terminate()
            process.wait(_STARTING)


def serve(case: Case) -> Numbers:
    """``/api/v1/why`` at a fixed rate, without fixes and with them; then the first paint of the map."""
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as directory:
        path = Path(directory) / "cluster.json"
        write_json(generate(case.pods), path)
        first, plain, fixing = _asked(str(path))
        began = time.perf_counter()
        with served(str(path)) as server:
            numbers: Numbers = {"start_seconds": time.perf_counter() - began, "load_before": os.getloadavg()[0]}
            numbers |= _driven(server, "why_studying", _paths(first * 5, fixes=False), RATE)
            server.ask("/")
            numbers |= _driven(server, "why", _paths(plain, fixes=False), RATE)
            numbers["why_bytes"] = server.peak()
            numbers |= _driven(server, "why_fixes", _paths(fixing, fixes=True), FIX_RATE)
            numbers |= _painted(server)
            numbers |= {"serve_bytes": server.peak(), "load_after": os.getloadavg()[0]}
    return numbers


def _asked(path: str) -> Iterator[list[Question]]:
    """A second of questions to warm up with, and two runs of them."""
    from ringfence.cluster import load

    cluster = load(path)
    for name, count in (("first", RATE), ("plain", RATE * SECONDS), ("fixing", FIX_RATE * FIX_SECONDS)):
        yield questions(cluster, name, count)


def _driven(server: Served, name: str, paths: list[str], rate: float) -> Numbers:
    before, began = server.processor(), time.perf_counter()
    driven: Driven = drive(server.port, paths, rate)
    used = (server.processor() - before) / (time.perf_counter() - began)
    wrong = sum(count for status, count in driven.statuses.items() if status != 200)
    return {
        f"{name}_p50": driven.percentile(0.5),
        f"{name}_p99": driven.percentile(0.99),
        f"{name}_worst": driven.percentile(1),
        f"{name}_cores": used,
        f"{name}_failed": wrong,
        f"{name}_sent_late": driven.late,
    }


def _paths(asked: list[Question], *, fixes: bool) -> list[str]:
    more = {} if fixes else {"fixes": "false"}
    return [
        "/api/v1/why?" + urlencode({"source": source, "destination": destination, "port": port, **more})
        for source, destination, port in asked
    ]


# ---- the browser -------------------------------------------------------------------------------------------------


def _painted(server: Served) -> Numbers:
    """First Contentful Paint of the map (W3C Paint Timing), and when it says that it is drawn: the median of three."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright

    paints, drawn = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--disable-gpu", "--no-sandbox"])
        for _ in range(3):
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.port}/map")
            page.wait_for_selector("[data-drawn]", state="attached", timeout=60_000)
            drawn.append(page.evaluate("performance.now()") / 1000)
            while (paint := page.evaluate(_PAINT)) is None:  # a frame of the compositor tells of it somewhat later
                page.wait_for_timeout(20)
            paints.append(paint / 1000)
            page.close()
        browser.close()
    return {"map_paint": sorted(paints)[1], "map_drawn": sorted(drawn)[1]}


# ---- /proc -------------------------------------------------------------------------------------------------------


def _status(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    return 0


def _processor(pid: int) -> float:
    """User and system time of a process, in seconds; proc(5), ``stat``, after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
