"""``ringfence serve`` with a store and a history, as its users start it, and what the demo makes up."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from ringfence.model.errors import InputError, RingfenceError
from ringfence.server import demo
from ringfence.server.answers import Answers
from ringfence.server.run import add_later
from ringfence.server.served import Given, demonstrated, served
from tests.cli.running import run
from tests.server.recorded import changes_of, flows_of, small, small_store
from tests.server.serving import SHOP, shop
from tests.server.test_command import get, started

NOW = dt.datetime(2026, 11, 18, 18, 0, tzinfo=dt.UTC)


def test_a_store_and_a_history_are_taken_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    small(tmp_path / "cluster")
    store = small_store(tmp_path, tmp_path / "cluster")
    arguments = [f"{tmp_path}/cluster", "--flows", store, "--history", f"{tmp_path}/history.db"]
    with started(*arguments) as (_, address):
        assert get(address, "/api/v1/flows/denied").json()["summary"]["dropped"] == 1
        assert get(address, "/api/v1/changes").json()["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--flows", "/nonexistent/flows.duckdb"], "ringfence flows ingest"),
        (["--flows", str(SHOP / "README.md")], "can't be opened"),
        (["--history", "mysql://x"], "only SQLite and PostgreSQL"),
        (["--resolve", "/nonexistent/names.json"], "No such file"),
    ],
)
def test_what_cant_be_served_is_one_sentence(arguments: list[str], said: str) -> None:
    ended = run("serve", str(SHOP), *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_recorded_names_say_what_rules_with_names_mean() -> None:
    with served([str(SHOP)], Given(resolve=str(SHOP.parent / "names" / "names.jsonl"))) as given:
        assert given.source.cluster().snapshot.names.records
        proposed = given.source.proposed(b"apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n")
        assert proposed.snapshot.names.records


def test_the_demo_was_broken_one_policy_at_a_time_and_its_flows_say_since_when(tmp_path: Path) -> None:
    source = shop()
    store, history = demo.record(source.cluster(), tmp_path, NOW)
    with served([str(SHOP)], Given(flows=store, history=history)) as found:
        assert found.flows is not None
        assert found.changes is not None
        report = found.flows.denied()
        changed = found.changes.changes(since=NOW - dt.timedelta(hours=12))
    assert report.evidence.coverage.last is not None
    assert report.evidence.coverage.last <= NOW.timestamp()
    turned = {(row.source.name, row.destination.name): row for row in report.rows if row.worked_until is not None}
    cut = turned["shop/Deployment/checkout", "payments/Deployment/payments"]
    change = next(each for each in changed if each.revision.ref.name == "payments")
    assert cut.worked_until is not None
    assert cut.worked_until < change.revision.time.timestamp() < cut.first
    assert "NetworkPolicy payments/payments is changed" in cut.changes[0].text
    assert ("shop/Deployment/frontend", "shop/Deployment/search") in turned
    assert [each.revision.ref.name for each in changed] == ["monitoring", "payments", "search"]


def test_what_takes_its_time_is_served_once_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source = small(tmp_path / "cluster")
    answers = Answers(source)
    with (
        changes_of(source, tmp_path / "history.db") as (changes, _),
        flows_of(source, small_store(tmp_path, tmp_path / "cluster")) as flows,
    ):
        seen = []

        def later() -> tuple[object, object]:
            seen.append(answers.preparing)
            return flows, changes

        add_later(answers, later)  # type: ignore[arg-type]  # the values are only handed on
        assert seen == [True]
        assert (answers.flows, answers.changes, answers.preparing) == (flows, changes, False)


def test_a_demo_without_the_extras_has_no_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> tuple[str, str]:
        raise InputError("Stores of flows need the extra 'flows'.")

    monkeypatch.setattr(demo, "record", missing)
    source = shop()
    answers = Answers(source)
    with demonstrated(source) as make:
        add_later(answers, make)
        with pytest.raises(RingfenceError):
            make()
    assert (answers.flows, answers.changes, answers.preparing) == (None, None, False)


def test_the_end_waits_for_a_database_that_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    began, go_on = threading.Event(), threading.Event()
    there = []

    def slow(
        _: object, directory: Path, __: dt.datetime, stored: Callable[[], AbstractContextManager[None]]
    ) -> tuple[str, str]:
        with stored():
            began.set()
            go_on.wait(60)
            there.append(directory.exists())
        with stored():
            there.append(True)
        return "", ""

    monkeypatch.setattr(demo, "record", slow)
    with demonstrated(shop()) as make:
        made = []
        thread = threading.Thread(target=lambda: made.append(make()))
        thread.start()
        assert began.wait(60)
        threading.Timer(0.3, go_on.set).start()
    thread.join(60)
    assert (there, made) == ([True], [(None, None)])
