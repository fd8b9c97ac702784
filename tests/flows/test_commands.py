"""The commands about stores of flows, as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from tests.cli.running import run
from tests.cli.test_schemas import check
from tests.docs.paths import ROOT

EXAMPLE = str(ROOT / "examples" / "flows" / "hubble.jsonl")
SHOP = str(ROOT / "examples" / "shop")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("store") / "flows.duckdb")
    result = run("flows", "ingest", EXAMPLE, "--store", path, "--inventory", f"{SHOP}@2026-11-16T08:00:00Z")
    assert result.exit_code == 0, result.output
    return path


def test_ingest_says_what_it_read_what_was_lost_and_what_the_store_has(tmp_path: Path) -> None:
    path = str(tmp_path / "flows.duckdb")
    result = run("flows", "ingest", EXAMPLE, "--store", path, "--inventory", f"{SHOP}@2026-11-16")
    assert "17 Services and 0 nodes at 2026-11-16 00:00 UTC" in result.stdout
    assert "40 records in 41 lines (hubble)" in result.stdout
    assert "events lost (12) on node-2" in result.stdout
    assert f"{path} has 5 edges." in result.stdout
    again = check(run("flows", "ingest", EXAMPLE, "--store", path, "-o", "json").stdout)
    assert again["inputs"] == [{"name": EXAMPLE, "format": "hubble", "lines": 0, "records": 0, "known": True}]
    assert again["evidence"]["records"] == 40


def test_status_is_text_and_json(store: str) -> None:
    text = run("flows", "status", "--store", store).stdout
    assert "5 edges (4 allowed, 1 denied)" in text
    parties = text.splitlines()[1]
    assert parties.startswith("between ")
    for part in parties.removeprefix("between ").split(", "):
        number, noun = part.split(" ", 1)
        assert noun.endswith("s") is (number != "1"), part
    assert "12 records of replies belong to connections that were seen." in text
    document = check(run("flows", "status", "--store", store, "-o", "json").stdout)
    assert document["edges"] == {"allowed": 4, "denied": 1}
    assert document["inventories"][0]["time"] == "2026-11-16T08:00:00Z"
    assert document["evidence"]["losses"][0]["count"] == 12


def test_edges_are_text_json_and_csv_and_each_states_its_evidence(store: str) -> None:
    text = run("flows", "edges", "--store", store).stdout
    assert "shop/Deployment/checkout  → shop/Deployment/cart            TCP 8080  denied   4×" in text
    assert "Evidence: hubble; 2026-11-16 08:01 UTC to 2026-11-16 09:30 UTC" in text
    document = check(run("flows", "edges", "--store", store, "-o", "json").stdout)
    assert (document["total"], len(document["edges"])) == (5, 5)
    rows = list(csv.DictReader(io.StringIO(run("flows", "edges", "--store", store, "-o", "csv").stdout)))
    assert [row["connections"] for row in rows] == ["4", "2", "2", "4", "6"]
    assert rows[0]["policies"] == "NetworkPolicy data/redis"


@pytest.mark.parametrize(
    ("options", "number"),
    [
        (["-n", "data"], 1),
        (["-w", "shop/Deployment/checkout", "--internal"], 2),
        (["--external"], 1),
        (["--outcome", "denied"], 1),
        (["--port", "8080"], 2),
        (["--since", "2026-11-16T09:00:00Z", "--until", "1794823200"], 5),
        (["--until", "2026-11-16"], 0),
    ],
)
def test_edges_are_chosen_by_options(store: str, options: list[str], number: int) -> None:
    result = run("flows", "edges", "--store", store, *options, "-o", "csv")
    assert len(result.stdout.splitlines()) == number + 1


def test_a_limit_shows_the_edges_with_most_connections_and_says_so(store: str) -> None:
    text = run("flows", "edges", "--store", store, "--limit", "1").stdout
    assert "6×" in text
    assert "5 edges, 4 of them not shown." in text


def test_no_edge_is_an_answer(store: str) -> None:
    result = run("flows", "edges", "--store", store, "-n", "nowhere")
    assert result.exit_code == 0
    assert "0 edges." in result.stdout


def test_edges_are_exported_for_other_programs(store: str, tmp_path: Path) -> None:
    for name in ("edges.parquet", "edges.csv", "edges.jsonl"):
        result = run("flows", "export", "--store", store, "--to", str(tmp_path / name))
        assert result.exit_code == 0
        assert "has 5 rows" in result.stderr
        assert "Evidence:" in result.stderr
    table = parquet.read_table(tmp_path / "edges.parquet")
    assert sum(table.column("connections").to_pylist()) == 18
    rows = list(csv.DictReader(io.StringIO((tmp_path / "edges.csv").read_text(encoding="utf-8"))))
    lines = [json.loads(line) for line in (tmp_path / "edges.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["source_workload"] for row in rows] == [line["source_workload"] for line in lines]
    assert lines[0]["first"] == "2026-11-16T08:01:10Z"


def test_hours_are_exported_in_rows_of_their_own(store: str, tmp_path: Path) -> None:
    file = tmp_path / "hours.parquet"
    run("flows", "export", "--store", store, "--to", str(file), "--by", "hour", "-n", "data")
    found = duckdb.sql(f"SELECT hour, connections FROM '{file}' ORDER BY hour").fetchall()
    assert [(hour.hour, number) for hour, number in found] == [(8, 2), (9, 2)]


def test_a_suffix_that_says_nothing_is_wrong_usage(store: str, tmp_path: Path) -> None:
    result = run("flows", "export", "--store", store, "--to", str(tmp_path / "edges.xls"))
    assert result.exit_code == 2
    assert ".parquet, .csv, .jsonl" in result.stderr
    result = run("flows", "export", "--store", store, "--to", str(tmp_path / "none" / "edges.csv"))
    assert (result.exit_code, "can't be written" in result.stderr) == (2, True)


def test_stores_are_pruned_and_merged(store: str, tmp_path: Path) -> None:
    fleet = str(tmp_path / "fleet.duckdb")
    result = run("flows", "merge", f"east={store}", store, "--into", fleet)
    assert result.stdout.splitlines() == [
        f"{store}: 1 input as cluster east",
        f"{store}: 1 input as cluster flows",
        f"{fleet} has 10 edges.",
    ]
    result = run("flows", "prune", "--store", fleet, "--before", "2026-11-16T09:00:00Z")
    assert result.stdout == "1 hour with 40 records taken out, 40 records left.\n"
    result = run("flows", "prune", "--store", fleet, "--keep", "1d")
    assert "0 records left" in result.stdout or "40 records left" in result.stdout  # by today's date


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest"], "Name a log"),
        (["ingest", "none.log"], "none.log can't be read: no such file or directory."),
        (["ingest", EXAMPLE, "--format", "hubbel"], "There is no log format 'hubbel'"),
        (["ingest", EXAMPLE, "--inventory", "none.json"], "none.json"),
        (["ingest", "-", "--follow"], "takes files"),
        (["ingest", EXAMPLE, "--engine", "sqlite"], "There is no engine 'sqlite'"),
        (["edges"], "There is no store ringfence-flows.duckdb"),
        (["edges", "--since", "yesterday"], "'yesterday' is no time"),
        (["prune"], "--keep DURATION or --before TIME"),
        (["prune", "--keep", "1d"], "There is no store"),
        (["merge", "=x", "--into", "y"], "has no name"),
        (["merge", "a=y", "--into", "y"], "into itself"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("flows", *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_log_is_followed_while_it_grows(tmp_path: Path, stop: signal.Signals) -> None:
    lines = Path(EXAMPLE).read_bytes().splitlines(keepends=True)
    log, path = tmp_path / "hubble.log", str(tmp_path / "flows.duckdb")
    log.write_bytes(b"".join(lines[:20]))
    # Started in the background by a shell, a process ignores interrupts, and so do those that it starts.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from ringfence.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "flows", "ingest", str(log)]
    with subprocess.Popen(
        [*command, "--store", path, "--follow"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            assert "20 records in 20 lines" in process.stdout.readline()
            with log.open("ab") as stream:
                stream.write(b"".join(lines[20:]))
            assert "20 records in 21 new lines" in process.stdout.readline()
            process.send_signal(stop)
            process.wait(60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert check(run("flows", "status", "--store", path, "-o", "json").stdout)["evidence"]["records"] == 40


def test_what_is_old_is_taken_out_as_logs_come_in(tmp_path: Path) -> None:
    """The example is of 2026-11-16; days that ended so long ago go, as a whole."""
    path = str(tmp_path / "flows.duckdb")
    days = int((time.time() - 1_794_787_200) // 86400)  # since 2026-11-16 00:00 UTC
    kept = run("flows", "ingest", EXAMPLE, "--store", path, "--keep", f"{max(days, 0) + 2}d", "-o", "json")
    assert check(kept.stdout)["evidence"]["records"] == 40
    if days < 1:
        return  # the example is not old yet
    again = run("flows", "ingest", EXAMPLE, "--store", path, "--keep", "1h", "-o", "json")
    assert check(again.stdout)["evidence"]["records"] == 0
    assert "2 hours with 40 records taken out." in again.stderr
