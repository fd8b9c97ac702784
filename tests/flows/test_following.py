"""Logs that are followed: through rotation, and over the death of the reader, each record counts once."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringfence.flows.following import Following
from ringfence.flows.ingest import Ingest
from ringfence.flows.store import opened
from ringfence.model.flow import LossKind
from tests.docs.paths import ROOT
from tests.flows.following import POLL, hasten
from tests.flows.test_ingest import EXPECTED, LINES, counts


class Followed:
    """What a reader has stored."""

    def __init__(self) -> None:
        self.records = 0
        self.failed: list[BaseException] = []

    def wait_for(self, number: int) -> None:
        until = time.monotonic() + 120
        while self.records < number and not self.failed:
            assert time.monotonic() < until, self.records
            time.sleep(0.02)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """All waits are shorter, and none is left out."""
    hasten(monkeypatch.setattr)


def followed(store: str, *paths: Path, stop: threading.Event) -> Following:
    return Following(
        lambda: opened(store, write=True), [str(path) for path in paths], cluster="", log_format="auto", stop=stop
    )


@contextmanager
def following(store: str, *paths: Path) -> Iterator[Followed]:
    """Logs are followed within; what is written by its end is stored after."""
    stop, found = threading.Event(), Followed()
    logs = followed(store, *paths, stop=stop)

    def run() -> None:
        try:
            for each in logs.run():
                found.records += each.records
        except BaseException as error:  # noqa: BLE001 - it is raised below
            found.failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        time.sleep(3 * POLL)  # the readers look twice at least
        stop.set()
        thread.join(120)
    assert not found.failed, found.failed[0]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "flows.duckdb")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    directory = tmp_path / "logs"
    directory.mkdir()
    return directory / "hubble.log"


def write(log: Path, first: int, last: int) -> None:
    with log.open("ab") as stream:
        stream.writelines(LINES[first:last])


def rename(log: Path) -> None:
    log.rename(log.with_name("hubble.log.1"))


def copy_and_truncate(log: Path) -> None:
    shutil.copy(log, log.with_name("hubble.log.1"))
    os.truncate(log, 0)


def pack(log: Path) -> None:
    log.with_name("hubble.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()


ROTATIONS = pytest.mark.parametrize("rotate", [rename, copy_and_truncate, pack])


@ROTATIONS
@pytest.mark.parametrize("whole", [False, True], ids=["file", "directory"])
def test_a_log_that_is_rotated_while_it_is_read_counts_once(
    store: str, log: Path, rotate: Callable[[Path], None], whole: bool
) -> None:
    write(log, 0, 10)
    with following(store, log.parent if whole else log) as found:
        found.wait_for(10)
        write(log, 10, 20)
        rotate(log)
        write(log, 20, 41)
        found.wait_for(40)
    assert counts(store) == EXPECTED
    assert not losses(store)


@ROTATIONS
def test_a_log_that_is_rotated_just_before_its_reader_begins_counts_once(
    store: str, log: Path, rotate: Callable[[Path], None]
) -> None:
    """What is there is read first, then a reader follows: here all of it happens in between."""
    write(log, 0, 10)
    stop, records = threading.Event(), 0
    late = threading.Timer(30, stop.set)
    late.start()
    for each in followed(store, log, stop=stop).run():
        if not records:
            write(log, 10, 20)
            rotate(log)
            write(log, 20, 41)
        records += each.records
        if records == 40:
            stop.set()
    late.cancel()
    assert counts(store) == EXPECTED
    assert not losses(store)


@ROTATIONS
def test_a_log_that_was_rotated_while_nobody_read_goes_on_in_its_copy(
    store: str, log: Path, rotate: Callable[[Path], None]
) -> None:
    write(log, 0, 10)
    with following(store, log) as found:
        found.wait_for(10)
    write(log, 10, 20)
    rotate(log)
    write(log, 20, 30)
    with following(store, log) as found:
        found.wait_for(20)
        write(log, 30, 41)
        found.wait_for(30)
    assert counts(store) == EXPECTED
    assert not losses(store)


def test_a_log_that_is_gone_with_its_last_lines_is_a_loss(store: str, log: Path) -> None:
    write(log, 0, 10)
    with following(store, log) as found:
        found.wait_for(10)
    write(log, 10, 20)
    log.unlink()
    write(log, 20, 41)
    with following(store, log) as found:
        found.wait_for(20)
    assert losses(store) == [LossKind.NO_DATA]


def losses(store: str) -> list[LossKind]:
    """What was lost, but for what the example itself says."""
    with opened(store) as flows:
        return [loss.kind for loss in flows.coverage().losses if loss.kind is not LossKind.LOST_EVENTS]


def test_what_was_followed_is_recognised_when_it_is_read_at_once(store: str, log: Path) -> None:
    write(log, 0, 10)
    with following(store, log) as found:
        found.wait_for(10)
        write(log, 10, 30)
        found.wait_for(30)
    rename(log)
    write(log.with_name("hubble.log.1"), 30, 41)
    with opened(store, write=True) as flows:
        (again,) = Ingest(flows).paths([str(log.parent)])
    assert (again.known, again.lines) == (True, 11)
    assert counts(store) == EXPECTED


def test_a_reader_that_is_killed_and_started_again_counts_each_record_once(store: str, log: Path) -> None:
    """Killed at any moment while the log grows and is rotated by name, with two times its lines in all."""
    log.touch()
    command = [sys.executable, "-m", "tests.flows.following", store, str(log.parent)]
    seeded = random.Random(11)
    later = [line.replace(b"2026-11-16T", b"2026-11-17T") for line in LINES]
    lines = LINES + later
    at = rotated = kills = 0
    while at < len(lines):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # it runs
            for _ in range(seeded.randint(1, 3)):
                some = lines[at : at + seeded.randint(3, 12)]
                at += len(some)
                with log.open("ab") as stream:
                    stream.writelines(some)
                time.sleep(seeded.random() * 0.4)
                if seeded.random() < 0.4:
                    rotated += 1
                    log.rename(log.with_name(f"hubble.log.{rotated}"))
                    log.touch()
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
    assert kills > 2
    assert rotated
    with following(store, log.parent):
        time.sleep(1)  # it looks at what there is, of which nobody knows how much was stored
    found = counts(store)
    assert found.pop("records") == 80
    assert found == {key: 2 * number for key, number in EXPECTED.items() if key != "records"}
