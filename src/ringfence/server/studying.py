"""Works out what is known of a cluster as a whole, in a process of its own where the cluster is large.

Threads of one interpreter take turns: beside a second of work, answers of two milliseconds would take ten, and at a
hundred a second they would queue. The process is this module, started with the interpreter; both ends of its pipes are
this program, so that they may speak in pickles.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import IO, Final

from ringfence.cluster import Cluster
from ringfence.diagnose.report import Diagnosis
from ringfence.lint.run import LintReport
from ringfence.reach.report import ReachSummary

_LARGE: Final = 1_000
"""Pods from which on it is worth a process: with fewer it takes less than starting one."""
_PROGRAM: Final = f"from {__name__} import main; main()"
_REST: Final = 2.0
"""How long a hand-over rests for each second that it works."""
_NICE: Final = 10
"""Answers come first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was worked out of one cluster."""

    summary: ReachSummary
    lint: LintReport
    diagnosis: Diagnosis


def find(cluster: Cluster) -> Found:
    """Works it out here."""
    return Found(cluster.reach(summary_only=True).summary, cluster.lint(), cluster.diagnose())


class Finder:
    """Works it out where that is best. One thread asks at a time; the process is started when it is needed first."""

    def __init__(self, large: int = _LARGE) -> None:
        self._large = large
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def find(self, cluster: Cluster) -> Found:
        """Works it out, by an engine that is nobody else's.

        Raises:
            RuntimeError: the process ended, or couldn't work it out.
        """
        if len(cluster.snapshot.pods) < self._large:
            return find(cluster.apart())
        with self._lock:
            process = self._process
            if process is None or process.poll() is not None:
                self.end()
                process = self._process = subprocess.Popen(  # noqa: S603 -- this very module
                    [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            assert process.stdin is not None  # noqa: S101 -- asked for above, as the next
            assert process.stdout is not None  # noqa: S101
            try:
                pickle.dump(cluster.apart(), _Unhurried(process.stdin), pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()
                found = _receive(process.stdout)
            except (OSError, EOFError) as error:
                raise RuntimeError(f"the process that studies the cluster ended: {error}") from error
        if not isinstance(found, Found):
            raise RuntimeError(f"the cluster can't be studied: {found}")  # noqa: TRY004 -- what failed there
        return found

    def end(self) -> None:
        """Ends the process, if there is one."""
        process = self._process
        if process is not None:
            process.kill()
            process.communicate()


class _Unhurried:
    """Writes what it is given, and rests: pickles come in pieces of 64 KB, and between them answers go before."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._worked = time.thread_time()

    def write(self, piece: bytes) -> int:
        """Writes all of it."""
        self._out.write(piece)
        now = time.thread_time()
        time.sleep(_REST * (now - self._worked))
        self._worked = time.thread_time()
        return len(piece)


def _receive(stream: IO[bytes]) -> object:
    """The next value.

    Raises:
        EOFError: the other end is gone.
    """
    try:
        return pickle.load(stream)  # noqa: S301 -- from the other end of this program
    except pickle.UnpicklingError as error:
        raise EOFError(str(error)) from None


def main() -> None:
    """Answers one cluster after the other until there is no more."""
    os.nice(_NICE)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed is no answer
    while True:
        try:
            cluster = _receive(sys.stdin.buffer)
        except EOFError:
            return
        answer: object
        try:
            answer = find(cluster) if isinstance(cluster, Cluster) else "it is no cluster"
        except Exception as error:  # noqa: BLE001 -- told to whoever asks; the next cluster may be better
            answer = f"{type(error).__name__}: {error}"
        del cluster
        pickle.dump(answer, out, pickle.HIGHEST_PROTOCOL)
        out.flush()
