"""The store: what is put in is found again, once, and by the filters that are asked for."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ringfence.flowlogs.reduction import Reduction
from ringfence.flows.choosing import Choice
from ringfence.flows.state import State
from ringfence.flows.store import Store, StoredInput, open_store, opened
from ringfence.model.errors import InputError, QueryError
from ringfence.model.flow import HOUR, Loss, LossKind, NameAnswer, Outcome, RecordedRule
from tests.flows.making import API, DB, NOON, WEB, at, flow, lines, pod, reduced


def log(store: Store, name: str = "a.log", **fields: str) -> StoredInput:
    return StoredInput(
        store.next_number(), name, "hubble", fields.get("cluster", ""), "", 0, "", 0, 1, 1, NOON, NOON, NOON
    )


def add(path: Path, *reductions: Reduction) -> str:
    file = str(path / "flows.duckdb")
    with opened(file, write=True) as store:
        for number, reduction in enumerate(reductions):
            store.add(reduction, log(store, f"{number}.log"))
        store.derive()
    return file


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    denied = flow(DB, WEB, 80, outcome=Outcome.DENIED)
    return add(
        tmp_path_factory.mktemp("store"),
        reduced((flow(), 0, 2), (flow(), 3 * HOUR, 5), (flow(WEB, API, 443), HOUR), (denied, 2 * HOUR)),
    )


WEB_DB = "shop/Deployment/web → data/StatefulSet/db TCP 5432 allowed"
WEB_API = "shop/Deployment/web → 203.0.113.7 TCP 443 allowed 1"
DB_WEB = "data/StatefulSet/db → shop/Deployment/web TCP 80 denied 1"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), [DB_WEB, WEB_API, f"{WEB_DB} 7"]),
        (Choice(namespaces=("data",)), [DB_WEB, f"{WEB_DB} 7"]),
        (Choice(workloads=("shop/Deployment/web",)), [DB_WEB, WEB_API, f"{WEB_DB} 7"]),
        (Choice(workloads=("Deployment/none", "db")), [DB_WEB, f"{WEB_DB} 7"]),
        (Choice(workloads=("StatefulSet/db",)), [DB_WEB, f"{WEB_DB} 7"]),
        (Choice(outcomes=(Outcome.DENIED, Outcome.REJECTED)), [DB_WEB]),
        (Choice(ports=(443, 80)), [DB_WEB, WEB_API]),
        (Choice(external=True), [WEB_API]),
        (Choice(external=False), [DB_WEB, f"{WEB_DB} 7"]),
        (Choice(since=NOON + HOUR), [DB_WEB, WEB_API, f"{WEB_DB} 5"]),
        (Choice(until=NOON + 60), [f"{WEB_DB} 2"]),
        (Choice(since=NOON + HOUR, until=NOON + 3 * HOUR), [DB_WEB, WEB_API]),
        (Choice(namespaces=("nowhere",)), []),
    ],
)
def test_a_choice_gives_its_edges(filled: str, choice: Choice, expected: list[str]) -> None:
    with opened(filled) as store:
        found = store.edges(choice, whole=True)
        assert sorted(lines(list(found))) == sorted(expected)
        assert len(store.edges(choice)) == len(expected)


def test_columns_say_the_same_as_whole_edges(filled: str) -> None:
    with opened(filled) as store:
        columns, whole = store.edges(), store.edges(whole=True)
    assert columns.edges is None
    assert lines(list(columns)) == lines(list(whole))
    assert {str(party) for party in columns.parties} == {
        "shop/Deployment/web",
        "data/StatefulSet/db",
        "203.0.113.7",
    }


def test_the_coverage_is_that_of_the_window(filled: str) -> None:
    with opened(filled) as store:
        whole, part = store.coverage(), store.coverage(Choice(until=NOON + HOUR))
    hour = int(NOON // HOUR)
    assert (whole.records, whole.hours) == (9, (hour, hour + 1, hour + 2, hour + 3))
    assert (part.records, part.hours, part.formats) == (2, (hour,), ("hubble",))


def test_everything_that_a_record_says_of_an_edge_is_there(tmp_path: Path) -> None:
    rule = RecordedRule("web", "shop", "NetworkPolicy")
    staged = RecordedRule("later", "shop", "StagedNetworkPolicy", action="deny")
    told = flow(policies=(rule,), pending=(staged,), application="GET /", reason="none", outcome=Outcome.DENIED)
    file = add(tmp_path, reduced(told))
    with opened(file) as store:
        (edge,) = store.edges(whole=True)
    assert (edge.policies, edge.pending, edge.applications, edge.reason, edge.formats) == (
        (rule,),
        (staged,),
        ("GET /",),
        "none",
        ("hubble",),
    )


def test_losses_of_several_logs_are_one_where_they_are_alike(tmp_path: Path) -> None:
    one, two = reduced(flow()), reduced(flow())
    for reduction, number in ((one, 3), (two, 4)):
        reduction.lose(Loss(LossKind.LOST_EVENTS, "lost", number, "n1"))
    with opened(add(tmp_path, one, two)) as store:
        assert store.coverage().losses == (Loss(LossKind.LOST_EVENTS, "lost", 7, "n1"),)


def test_an_inventory_that_comes_later_maps_what_was_read_before(tmp_path: Path) -> None:
    file = add(tmp_path, reduced(flow(at("10.0.0.1"), API, 443)))
    with opened(file) as store:
        assert str(store.edges()[0].source) == "10.0.0.1"
    state = State(NOON, pods=(pod("a-1", "Deployment/a", "10.0.0.1"),))
    with opened(file, write=True) as store:
        assert store.add_state(state, "cluster.json")
        assert not store.add_state(state, "cluster.json")
    with opened(file) as store:  # it works the edges out, though it is opened to be read
        assert str(store.edges()[0].source) == "shop/Deployment/a"
        assert store.status().states[0].pods == 1


def test_two_may_read_at_once(filled: str) -> None:
    with opened(filled) as one, opened(filled) as other:
        assert one.count() == other.count() == 3


def test_an_exception_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    file = add(tmp_path, reduced(flow()))
    with opened(file, write=True) as store:
        storage = store._storage

        def fail() -> None:
            with storage.changing():
                storage.set_note("stale", "1")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert not store.is_stale()


def test_pruning_takes_out_hours_and_what_belonged_to_them_alone(tmp_path: Path) -> None:
    old, new = reduced(flow(), (flow(WEB, API, 443), HOUR, 4)), reduced()
    old.answer(NameAnswer("old.example", (API.address,), NOON - HOUR))
    old.lose(Loss(LossKind.LOST_EVENTS, "lost", 1, first=NOON, last=NOON + 60))
    file = add(tmp_path, old, new)
    with opened(file, write=True) as store:
        for time in (NOON - 9 * HOUR, NOON - 2 * HOUR, NOON + HOUR):
            store.add_state(State(time), f"{time}")
        pruned = store.prune(NOON + HOUR)
        assert (pruned.hours, pruned.records, pruned.left) == (1, 1, 4)
        assert lines(list(store.edges())) == ["shop/Deployment/web → 203.0.113.7 TCP 443 allowed 4"]
        assert store.coverage().losses == ()
        status = store.status()
    assert [state.time for state in status.states] == [NOON - 2 * HOUR, NOON + HOUR]
    assert len(status.inputs) == 2


def test_clusters_are_merged_by_name_and_again(tmp_path: Path) -> None:
    east, west = tmp_path / "east", tmp_path / "west"
    for place in (east, west):
        place.mkdir()
    files = add(east, reduced(flow())), add(west, reduced((flow(), 0, 3)))
    into = str(tmp_path / "fleet.duckdb")
    for _ in range(2):
        for file, name in zip(files, ("east", "west"), strict=True):
            with opened(into, write=True) as target, opened(file) as source:
                target.join(source, name)
    with opened(into) as fleet:
        found = [(each.source.cluster, each.destination.cluster, each.connections) for each in fleet.edges()]
        assert len(fleet.inputs()) == 2
    assert found == [("east", "east", 1), ("west", "west", 3)]


def test_a_missing_store_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ringfence flows ingest"):
        open_store(str(tmp_path / "none.duckdb"))


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    text, database = tmp_path / "text.duckdb", tmp_path / "other.duckdb"
    text.write_text("no database" * 1000)
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE t (x INTEGER)")
    with pytest.raises(InputError, match="can't be opened"):
        open_store(str(text))
    with pytest.raises(InputError, match="no store of flows"):
        open_store(str(database))


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    file = add(tmp_path, reduced(flow()))
    with duckdb.connect(file) as connection:
        connection.execute("UPDATE notes SET value = '99' WHERE key = 'version'")
    with pytest.raises(InputError, match="version 99"):
        open_store(file)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="no engine"):
        open_store(str(tmp_path / "x"), engine="sqlite", write=True)
