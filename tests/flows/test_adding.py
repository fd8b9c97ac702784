"""A log that is stored bit by bit comes to as many rows as one that is stored at once, and to the same answers."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows import parquet_directory
from ringfence.flows.duckdb_file import MEMORY, DuckDbFile
from ringfence.flows.parquet_directory import DuckDbEngine, ParquetDirectory
from ringfence.flows.storage import Storage
from ringfence.flows.store import Store, StoredInput
from ringfence.model.flow import HOUR, Loss, LossKind, NameAnswer
from ringfence.model.origin import Position
from tests.flows.making import API, NOON, WEB, flow, reduced
from tests.flows.test_properties import SLOW, answers, facts, records, reduction_of

INPUT = StoredInput(1, "a.log", "hubble", "", "", 0, "", 0, 1, 1, NOON, NOON, NOON)


@st.composite
def losses(draw: st.DrawFn) -> Loss:
    time = draw(st.sampled_from([None, NOON, NOON + HOUR / 2, NOON + HOUR]))
    kind = draw(st.sampled_from([LossKind.LOST_EVENTS, LossKind.SAMPLED, LossKind.UNREADABLE]))
    node = draw(st.sampled_from(["", "a"]))
    return Loss(kind, "x", draw(st.sampled_from([None, 2, 3])), node, first=time, last=time)


@st.composite
def parts(draw: st.DrawFn) -> Reduction:
    part = reduction_of(draw(st.lists(records(), max_size=3)), draw(st.lists(answers(), max_size=2)))
    for loss in draw(st.lists(losses(), max_size=2)):
        part.lose(loss)
    return part


def stored(storage: Storage, found: list[Reduction]) -> Store:
    store = Store(storage)
    for part in found:
        store.add(part, INPUT)
    return store


def at_once(found: list[Reduction]) -> Store:
    whole = Reduction()
    for part in found:
        whole.merge(deepcopy(part))
    return stored(DuckDbFile(MEMORY, write=True), [whole])


def rows(storage: Storage, name: str) -> list[tuple[object, ...]]:
    columns = storage.fetch(storage.table(name)).to_pydict()
    return sorted(zip(*columns.values(), strict=True), key=repr)


@settings(SLOW, max_examples=5)
@given(st.lists(parts(), min_size=2, max_size=5))
def test_bit_by_bit_is_at_once(found: list[Reduction]) -> None:
    bits, whole = stored(DuckDbFile(MEMORY, write=True), found), at_once(found)
    for name in ("inputs", "flows", "tallies", "answers"):
        assert rows(bits._storage, name) == rows(whole._storage, name)
    assert facts(bits.edges(whole=True)) == facts(whole.edges(whole=True))
    bits.close()
    whole.close()


def lost(number: int) -> Reduction:
    part = reduced((flow(), number), (flow(WEB, API, 443), HOUR + number))
    time = NOON + number
    part.lose(Loss(LossKind.LOST_EVENTS, "Lost.", 2, first=time, last=time, where=Position("a.log", 1 + number)))
    part.lose(Loss(LossKind.FOREIGN, "Foreign.", 1, where=Position("a.log", 1 + number)))
    part.answer(NameAnswer("pay.example", ("203.0.113.7",), time))
    return part


KINDS: dict[str, Callable[[Path], Storage]] = {
    "DuckDB": lambda _: DuckDbFile(MEMORY, write=True),
    "Parquet": lambda path: ParquetDirectory(f"{path / 'store'}", DuckDbEngine(), write=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_many_parts_of_a_log_leave_no_more_rows_than_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """12 parts, two seconds apart: two flows, each in one hour, one name, and two kinds of loss."""
    monkeypatch.setattr(parquet_directory, "MANY", 4)  # files: more are put together
    storage = KINDS[kind](tmp_path)
    store = stored(storage, [lost(2 * number) for number in range(12)])
    spare = 4 if kind == "Parquet" else 0
    assert 2 <= len(rows(storage, "tallies")) <= 2 + 2 * spare
    assert len(rows(storage, "touched")) == len(rows(storage, "flows")) == 2
    assert len(rows(storage, "losses")) == 2
    assert len(rows(storage, "answers")) == 1
    assert [loss.count for loss in store.coverage().losses] == [12, 24]
    assert store.edges().connections == [12, 12]
    if isinstance(storage, ParquetDirectory):
        assert len(storage._files["flows"]) <= 2
        assert len(storage._files["tallies"]) <= 4
    store.close()


def test_a_loss_of_an_hour_that_is_taken_out_goes_with_it() -> None:
    store = stored(DuckDbFile(MEMORY, write=True), [lost(0), lost(1), lost(int(2 * HOUR))])
    store.prune(NOON + HOUR)
    assert [(loss.kind, loss.count) for loss in store.coverage().losses] == [
        (LossKind.FOREIGN, 3),
        (LossKind.LOST_EVENTS, 2),
    ]
    store.close()


def test_a_loss_is_told_at_its_first_place_in_whatever_order_it_is_stored() -> None:
    store = stored(DuckDbFile(MEMORY, write=True), [lost(number) for number in (9, 10, 2)])
    assert [loss.where for loss in store.coverage().losses] == [Position("a.log", 3)] * 2
    store.close()
