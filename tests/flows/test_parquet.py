"""A store of Parquet files answers as a DuckDB file does, and survives what is left half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.flows.choosing import Choice
from ringfence.flows.edges import EdgeSet
from ringfence.flows.ingest import Ingest
from ringfence.flows.parquet_directory import DuckDbEngine, ParquetDirectory
from ringfence.flows.state import State
from ringfence.flows.store import open_store, opened
from ringfence.model.errors import InputError, QueryError
from ringfence.model.flow import HOUR
from ringfence.observe.top import By, top_of
from tests.docs.paths import ROOT
from tests.flows.making import NOON

EXAMPLE = ROOT / "examples" / "flows" / "hubble.jsonl"


def filled(path: str) -> str:
    with opened(path, write=True) as store:
        list(Ingest(store).paths([str(EXAMPLE)]))
        store.derive()
    return path


def facts(found: EdgeSet) -> tuple[object, ...]:
    return list(found), found.coverage.records, found.coverage.hours, found.coverage.replies_dropped


@pytest.mark.parametrize("choice", [Choice(), Choice(namespaces=("data",)), Choice(since=1_794_819_600.0)])
def test_both_kinds_of_store_say_the_same(tmp_path: Path, choice: Choice) -> None:
    # 1794819600 is 2026-11-16 09:00 UTC, in the middle of the log
    with (
        opened(filled(str(tmp_path / "file.duckdb"))) as file,
        opened(filled(f"{tmp_path / 'directory'}/")) as directory,
    ):
        assert facts(directory.edges(choice, whole=True)) == facts(file.edges(choice, whole=True))
        assert directory.status().edges == file.status().edges
        assert len(directory.edges(choice)) > 0


def test_a_second_run_pruning_and_merging_work_on_files_too(tmp_path: Path) -> None:
    path = filled(f"{tmp_path / 'store'}/")
    filled(path)
    with opened(path, write=True) as store:
        assert store.coverage().records == 40
        store.add_state(State(NOON), "early")
        pruned = store.prune(1_794_819_600.0)
        assert pruned.left == store.coverage().records
        assert pruned.records + pruned.left == 40
    with opened(f"{tmp_path / 'fleet'}/", write=True) as fleet, opened(path) as one:
        fleet.join(one, "east")
        assert {edge.source.cluster for edge in fleet.edges()} == {"east"}


def test_files_that_no_transaction_finished_count_for_nothing(tmp_path: Path) -> None:
    path = filled(f"{tmp_path / 'store'}/")
    storage = ParquetDirectory(path, DuckDbEngine(), write=True)
    rows = storage.fetch(storage.table("tallies"))

    def fail() -> None:
        with storage.changing():
            storage.append("tallies", rows)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    storage.close()
    with opened(path) as store:
        assert store.coverage().records == 40
    assert not (tmp_path / "store" / "kept").exists()


@pytest.mark.parametrize("by", By)
def test_who_only_reads_a_store_writes_nothing_there(tmp_path: Path, by: By) -> None:
    path = filled(f"{tmp_path / 'store'}/")

    def written() -> dict[Path, int]:
        return {each: each.stat().st_mtime_ns for each in (tmp_path / "store", *(tmp_path / "store").rglob("*"))}

    before = written()
    with opened(path) as directory, opened(filled(str(tmp_path / "file.duckdb"))) as file:
        for _ in range(2):
            found, expected = (top_of(store, Choice(), by, limit=3) for store in (directory, file))
            assert found == expected
            assert found.rows
        assert written() == before
    assert written() == before


def test_old_leftovers_are_removed_by_a_later_transaction(tmp_path: Path) -> None:
    import os

    path = filled(f"{tmp_path / 'store'}/")
    left = tmp_path / "store" / "tallies" / "left.parquet"
    left.write_bytes(b"half")
    os.utime(left, (NOON, NOON))
    with opened(path, write=True) as store:
        store.add_state(State(NOON + HOUR), "x")
        store.derive()
    assert not left.exists()


def test_a_directory_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no store")
    with pytest.raises(InputError, match="no store of flows"):
        open_store(str(tmp_path), write=True)
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(InputError, match="can't be read"):
        open_store(str(tmp_path))


def test_spark_does_not_work_on_a_duckdb_file(tmp_path: Path) -> None:
    path = filled(str(tmp_path / "file.duckdb"))
    with pytest.raises(QueryError, match="directories of Parquet files"):
        open_store(path, engine="spark://127.0.0.1:1")
