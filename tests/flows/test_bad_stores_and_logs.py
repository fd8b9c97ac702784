"""Stores and logs that can't be used, as a user names them: what is said, and what is left behind."""

from __future__ import annotations

import gzip
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.cli.running import run
from tests.docs.paths import ROOT

EXAMPLE = ROOT / "examples" / "flows" / "hubble.jsonl"


def database(path: Path, *tables: str) -> Path:
    """A DuckDB database of another program."""
    with duckdb.connect(str(path)) as other:
        for table in tables:
            other.execute(f"CREATE TABLE {table} (a INTEGER)")
    return path


def sqlite(path: Path) -> Path:
    """A SQLite database."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE orders (id INTEGER)")
        other.commit()
    return path


@pytest.mark.parametrize("command", [("status",), ("ingest", str(EXAMPLE))])
def test_a_file_of_another_program_is_no_store(command: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"  # by its name DuckDB would take it for data, and open no file
    log.write_bytes(EXAMPLE.read_bytes())
    # DuckDB would fetch an extension for SQLite's from the Internet.
    for file, said in (
        (sqlite(tmp_path / "orders.db"), "it is no DuckDB file, so no store of flows"),
        (log, "it is no DuckDB file, so no store of flows"),
        (database(tmp_path / "one.duckdb", "x"), "is a DuckDB database, but no store of flows"),
        (database(tmp_path / "two.duckdb", "notes", "edges"), "is a DuckDB database, but no store of flows"),
    ):
        before = file.read_bytes()
        result = run("flows", *command, "--store", str(file))
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr
        assert file.read_bytes() == before


def test_a_store_that_nothing_came_into_is_not_left_behind(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no log\n")
    other = database(tmp_path / "other.duckdb", "x")
    for new in ("new.duckdb", "new/"):
        store = str(tmp_path / new) + ("/" if new.endswith("/") else "")
        for command in (
            ("ingest", str(tmp_path / "gone.jsonl"), "--store", store),
            ("ingest", str(tmp_path / "notes.txt"), "--store", store),
            ("merge", str(other), "--into", store),
        ):
            assert run("flows", *command).exit_code == 2
            assert not Path(store).exists()


def test_what_came_into_a_store_before_a_failure_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no log\n")
    store = str(tmp_path / "flows.duckdb")
    assert run("flows", "ingest", str(EXAMPLE), str(tmp_path / "notes.txt"), "--store", store).exit_code == 2
    assert "5 edges" in run("flows", "status", "--store", store).stdout


def test_a_pipe_is_read_from_its_first_byte(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the writer begins, and goes on, before it is read
    writer = threading.Thread(target=pipe.write_bytes, args=(EXAMPLE.read_bytes(),))
    writer.start()
    result = run("flows", "ingest", str(pipe), "--store", str(tmp_path / "flows.duckdb"))
    writer.join()
    os.close(reader)
    assert "40 records in 41 lines (hubble)" in result.stdout


def test_a_link_that_leads_nowhere_is_told_of(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").symlink_to("/nowhere/a.jsonl")
    (logs / "b.jsonl").write_bytes(EXAMPLE.read_bytes())
    result = run("flows", "ingest", str(logs), "--store", str(tmp_path / "flows.duckdb"))
    assert result.exit_code == 0
    assert f"A file was not read: {logs}/a.jsonl can't be read: no such file or directory." in result.stdout
    assert "40 records in 41 lines" in result.stdout


def test_a_log_of_which_nothing_can_be_unpacked_is_unreadable(tmp_path: Path) -> None:
    packed = gzip.compress(EXAMPLE.read_bytes())
    log = tmp_path / "log.jsonl.gz"
    log.write_bytes(packed[:40] + bytes(50) + packed[90:])
    store = str(tmp_path / "flows.duckdb")
    result = run("flows", "ingest", str(log), str(EXAMPLE), "--store", store)
    assert result.exit_code == 2
    assert f"ringfence: {log} can't be read: " in result.stderr
    assert "40 records in 41 lines" in result.stdout  # and the others are


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("edges", "--since", "2026-11-17", "--until", "2026-11-16"), "--until is before --since"),
        (("denied", "--since", "2026-11-17", "--until", "2026-11-16"), "--until is before --since"),
        (("ingest", "-", "-"), "Only one input can be stdin."),
        (("simulate", str(ROOT / "examples" / "shop"), "--out", "new", "--start", "9999-12-31"), "between the years"),
        (("simulate", str(ROOT / "examples" / "shop" / "namespaces.yaml"), "--out", "new"), "no pod or workload"),
        (("simulate", str(ROOT / "examples" / "shop"), "--out", "new", "--later", "nan=x"), "is no HOURS=PATH"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_done(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("flows", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_a_log_names_does_not_steer_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(EXAMPLE.read_text().replace("redis", r"\u202eredis\u001b]0;x\u0007"))
    store = str(tmp_path / "flows.duckdb")
    assert run("flows", "ingest", str(log), "--store", store).exit_code == 0
    for command in ("edges", "top", "timeline", "denied"):
        result = run("flows", command, "--store", store)
        assert result.exit_code == 0
        assert not {"\u202e", "\x1b", "\x07"}.intersection(result.stdout)
    assert "\\u202eredis\\x1b]0;x\\x07" in run("flows", "edges", "--store", store).stdout
