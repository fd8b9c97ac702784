"""The store that is served: read, never written or kept from its writer, and read again when it has grown."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.store import StoredInput, opened
from ringfence.model.errors import InputError, QueryError
from ringfence.model.flow import Outcome
from ringfence.server.flow_store import FlowStore
from tests.replay.stores import seen
from tests.server.recorded import API, DB, OUTSIDE, small, small_store


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "cluster").mkdir()
    small(tmp_path / "cluster")
    return small_store(tmp_path, tmp_path / "cluster")


def add(path: str, number: int, port: int, outcome: Outcome = Outcome.ALLOWED, *, cluster: str = "") -> None:
    """One more log, as ``ingest --follow`` adds it: the edges are not worked out again."""
    reduction = Reduction()
    reduction.add(*seen(API, DB, port, outcome))
    with opened(path, write=True) as flows:
        head = f"head{number}"
        flows.add(reduction, StoredInput(number, "x", "hubble", cluster, head, 4, "", 0, 1, 1, 0.0, 0.0, time.time()))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def ports(store: FlowStore) -> set[int | None]:
    return set(store.edges().port)


def test_a_store_that_grows_is_read_again_and_its_writer_is_not_kept_out(path: str) -> None:
    store = FlowStore(path, pause=0.05)
    assert ports(store) == {5432, 443}
    # Another process writes while this one serves: DuckDB would refuse it if the file were open here.
    code = f"from tests.server.test_flows_store import add; add({path!r}, 2, 7777)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[2])
    until(lambda: 7777 in ports(store))
    store.close()


def test_edges_that_are_not_worked_out_are_worked_out_in_a_copy(path: str) -> None:
    add(path, 2, 7777)
    before = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    store = FlowStore(path)
    assert 7777 in ports(store)
    store.close()
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == before
    with opened(path, write=True) as flows:
        assert flows.is_stale()


def test_a_directory_of_parquet_files_is_read_in_place_and_worked_out_in_a_copy(path: str, tmp_path: Path) -> None:
    fleet = f"{tmp_path}/fleet"
    with opened(f"{fleet}/", write=True) as flows, opened(path) as source:
        flows.join(source, "")
        flows.derive()
    store = FlowStore(fleet, pause=0.05)
    assert ports(store) == {5432, 443}
    add(fleet, 9, 7777)
    files = sorted(each.name for each in Path(fleet).rglob("*.parquet"))
    until(lambda: 7777 in ports(store))
    assert sorted(each.name for each in Path(fleet).rglob("*.parquet")) == files
    store.close()


def test_a_store_that_breaks_is_answered_as_it_was_and_said(path: str) -> None:
    store = FlowStore(path, pause=0.05)
    Path(path).write_bytes(b"no database")
    until(lambda: len(store.edges()) == 3 and bool(store.trouble))
    assert path in store.trouble
    assert OUTSIDE in {party.address for party in store.edges().parties}
    store.close()


def test_what_is_no_store_is_said_at_once(tmp_path: Path, path: str) -> None:
    (tmp_path / "text").write_text("no database")
    with pytest.raises(InputError, match="ringfence flows ingest"):
        FlowStore(f"{tmp_path}/nothing")
    with pytest.raises(InputError, match="can't be opened"):
        FlowStore(f"{tmp_path}/text")
    with pytest.raises(InputError, match="no store of flows"):
        FlowStore(f"{tmp_path}/cluster")
    with pytest.raises(QueryError, match="No flow is of cluster nowhere"):
        FlowStore(path, cluster="nowhere")


def test_no_directory_for_the_copy_is_said(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    with pytest.raises(InputError, match="no directory for a copy"):
        FlowStore(path)
