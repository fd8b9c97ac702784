"""Logs into a store: each record counts once, however often and in whatever shape its log is read."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zstandard

from ringfence.flows.ingest import Ingest, Ingested
from ringfence.flows.store import opened
from ringfence.model.errors import InputError
from tests.docs.paths import ROOT
from tests.flows.making import flow, reduced

EXAMPLE = ROOT / "examples" / "flows" / "hubble.jsonl"
LINES = EXAMPLE.read_bytes().splitlines(keepends=True)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "flows.duckdb")


def ingest(store: str, *paths: Path, cluster: str = "") -> list[Ingested]:
    with opened(store, write=True) as flows:
        return list(Ingest(flows, cluster=cluster).paths([str(path) for path in paths]))


def counts(store: str) -> dict[str, int]:
    """Connections by edge, with the number of all records."""
    with opened(store) as flows:
        edges = flows.edges()
    found = {f"{edge.source} {edge.destination} {edge.port} {edge.outcome.value}": edge.connections for edge in edges}
    return found | {"records": edges.coverage.records}


EXPECTED = {
    "shop/Deployment/cart data/StatefulSet/redis 6379 allowed": 4,
    "shop/Deployment/checkout api.pay.example (203.0.113.7) 443 allowed": 2,
    "shop/Deployment/checkout kube-system/Deployment/coredns 53 allowed": 2,
    "shop/Deployment/checkout shop/Deployment/cart 8080 denied": 4,
    "shop/Deployment/frontend shop/Deployment/cart 8080 allowed": 6,
    "records": 40,
}
"""Counted in the log by hand: policy verdicts at one side; the other side and the replies are the same connections."""


def test_a_log_is_read_and_recognised_the_second_time(store: str) -> None:
    (first,) = ingest(store, EXAMPLE)
    assert (first.format, first.lines, first.records, first.known) == ("hubble", 41, 40, False)
    (second,) = ingest(store, EXAMPLE)
    assert (second.lines, second.known) == (0, True)
    assert counts(store) == EXPECTED


def test_a_log_that_grows_goes_on_where_it_ended(store: str, tmp_path: Path) -> None:
    file = tmp_path / "hubble.log"
    for end in (10, 11, 30, len(LINES)):
        file.write_bytes(b"".join(LINES[:end]))
        ingest(store, file)
    assert counts(store) == EXPECTED
    with opened(store) as flows:
        (stored,) = flows.inputs()
    assert (stored.lines, stored.records) == (41, 40)


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(store: str, tmp_path: Path) -> None:
    file = tmp_path / "hubble.log"
    file.write_bytes(b"".join(LINES[:20]) + LINES[20][:100])
    ingest(store, file)
    file.write_bytes(b"".join(LINES))
    ingest(store, file)
    assert counts(store) == EXPECTED


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress, bytes], ids=["gz", "zst", "mv"])
def test_a_rotated_log_is_recognised_by_what_it_holds(store: str, tmp_path: Path, pack: object) -> None:
    file = tmp_path / "hubble.log"
    file.write_bytes(b"".join(LINES[:30]))
    ingest(store, file)
    assert callable(pack)
    (tmp_path / "hubble.log.1").write_bytes(pack(b"".join(LINES[:35])))  # it went on for five lines before
    file.write_bytes(b"".join(LINES[35:]))
    ingest(store, tmp_path / "hubble.log.1", file)
    assert counts(store) == EXPECTED


def test_parts_of_a_log_are_added_in_any_order(store: str, tmp_path: Path) -> None:
    for number in (2, 0, 1):
        file = tmp_path / f"part-{number}.log"
        file.write_bytes(b"".join(LINES[number * 14 : number * 14 + 14]))
        ingest(store, file)
    assert counts(store) == EXPECTED


def test_standard_input_is_recognised_as_a_whole(store: str) -> None:
    for known in (False, True):
        with opened(store, write=True) as flows, EXAMPLE.open("rb") as stream:
            (found,) = Ingest(flows).paths(["-"], stream)
            assert found.known is known
    assert counts(store) == EXPECTED


def test_the_same_log_of_two_clusters_counts_for_both(store: str) -> None:
    ingest(store, EXAMPLE, cluster="east")
    ingest(store, EXAMPLE, cluster="west")
    with opened(store) as flows:
        assert sum(edge.source.cluster == "west" for edge in flows.edges()) == 5
        assert flows.count() == 10


def test_a_file_below_a_directory_that_is_no_log_is_told(store: str, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes(b"".join(LINES))
    (logs / "README").write_text("no log\n")
    readme, log = ingest(store, logs)
    assert (readme.format, len(readme.losses)) == ("", 1)
    assert log.records == 40


def test_a_named_file_that_is_no_log_is_an_error_and_leaves_the_store_usable(store: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no log\n")
    with pytest.raises(InputError):
        ingest(store, tmp_path / "x")
    ingest(store, EXAMPLE)
    assert counts(store) == EXPECTED


def test_a_stream_is_one_input_however_often_it_is_stored(store: str) -> None:
    with opened(store, write=True) as flows:
        for times in (2, 3):
            Ingest(flows).stream("relay:localhost:4245", "hubble", reduced((flow(), 0, times)))
        Ingest(flows).stream("relay:other:4245", "hubble", reduced(flow()))
        assert [(each.name, each.records) for each in flows.inputs()] == [
            ("relay:localhost:4245", 5),
            ("relay:other:4245", 1),
        ]
        assert flows.edges().connections == [6]


def test_a_process_that_is_killed_loses_nothing_and_counts_nothing_twice(store: str, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for number in range(12):  # the same connections, at other times of the hour
        body = b"".join(LINES).replace(b"2026-11-16T", f"2026-11-{number + 1:02}T".encode())
        (logs / f"{number:02}.log").write_bytes(body)
    command = [sys.executable, "-m", "tests.flows.ingesting", store, str(logs)]
    seeded = random.Random(7)
    kills = 0
    for _ in range(4):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(seeded.randint(1, 2)):
                process.stdout.readline()
            time.sleep(seeded.random() * 0.05)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
    assert kills >= 2
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    found = counts(store)
    assert found.pop("records") == 12 * 40
    assert found == {key: 12 * number for key, number in EXPECTED.items() if key != "records"}


def test_lines_of_the_example_are_what_the_counts_rest_on() -> None:
    records = [json.loads(line) for line in LINES]
    verdicts = [record["flow"] for record in records if record.get("flow", {}).get("event_type", {}).get("type") == 5]
    assert sum(flow["verdict"] == "DROPPED" for flow in verdicts) == 4
    assert sum(flow["traffic_direction"] == "EGRESS" for flow in verdicts) == 6 + 4 + 2 + 2
