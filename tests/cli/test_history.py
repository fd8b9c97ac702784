"""``ringfence history``, against a server over real HTTP and a real database."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ringfence.history.journal import open_journal
from ringfence.history.revision import Recorded
from ringfence.history.watcher import Watcher
from tests.cli.running import run
from tests.cli.test_schemas import check
from tests.corpora.places import ROOT, needs_corpora
from tests.live.apiserver import Store, kubeconfig, serving
from tests.live.conftest import namespace, pod, policy

AUDIT = ROOT / "apiserver" / "audit.jsonl"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store()
    store.add(namespace("shop"), pod("shop", "web", "10.0.0.1"), policy("shop", "api", {"app": "api"}, {"app": "web"}))
    with serving(store) as server:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", server)))
        monkeypatch.chdir(tmp_path)
        yield store


def test_a_watch_records_what_is_there_and_what_changes(cluster: Store) -> None:
    def later() -> None:
        while len(recorded()) < 2:  # the namespace and the policy that were there
            time.sleep(0.05)
        cluster.add(policy("shop", "api", {"app": "api"}, {"app": "job"}))
        time.sleep(0.5)
        cluster.remove("NetworkPolicy", "shop", "api")

    def recorded() -> list[Recorded]:
        with open_journal("ringfence-history.db") as journal:
            return journal.changes()

    thread = threading.Thread(target=later)
    thread.start()
    result = run("history", "watch", "--for", "6", "--cluster", "prod")
    thread.join()
    assert result.exit_code == 0
    told = [line.partition("shop/NetworkPolicy/api ")[2] for line in result.stdout.splitlines() if "/api " in line]
    assert told == ["created", "changed: spec.ingress", "deleted"]
    changes = check(run("history", "list", "-o", "json").stdout)["changes"]
    assert [each["verb"] for each in changes if each["object"]["name"] == "api"] == ["deleted", "changed", "created"]
    assert {each["cluster"] for each in changes} == {"prod"}
    assert not [each for each in changes if each["object"]["kind"] == "Pod"]


def test_what_changed_while_nobody_watched_is_found_out(cluster: Store) -> None:
    run("history", "watch", "--for", "0")
    cluster.remove("NetworkPolicy", "shop", "api")
    cluster.add(policy("shop", "new", {}, {}))
    result = run("history", "watch", "--for", "0")
    told = [line.partition("NetworkPolicy/")[2] for line in result.stdout.splitlines()]
    assert sorted(told) == ["api deleted", "new created"]
    assert "(found out then)" in result.stdout
    assert run("history", "watch", "--for", "0").stdout == ""  # nothing new


@needs_corpora
def test_an_audit_log_names_who_did_it(tmp_path: Path) -> None:
    database = str(tmp_path / "history.db")
    result = run("history", "import", str(AUDIT), "--cluster", "prod", "--history", database)
    assert result.exit_code == 0
    told = run("history", "list", "--history", database, "-n", "orders").stdout.splitlines()
    line = "2026-11-23 03:02:15Z  orders/NetworkPolicy/orders-api changed by storefront-dev with kubectl/v1.32.4: spec."
    assert any(each.startswith(line) for each in told)
    before = run("history", "at", "2026-11-23T03:02:15Z", "--history", database)
    after = run("history", "at", "2026-11-23T03:02:17Z", "--history", database)
    names = [{each["metadata"]["name"] for each in json.loads(one.stdout)["items"]} for one in (before, after)]
    assert "caches" in names[0]
    assert "caches" not in names[1]  # it was deleted at 03:02:16.8


def test_a_log_with_other_lines_is_read_but_for_them(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_text("not JSON\n{}\n")
    database = str(tmp_path / "history.db")
    result = run("history", "import", str(tmp_path / "audit.log"), "--cluster", "prod", "--history", database)
    assert result.exit_code == 1
    assert "1 lines are no events, and were left out: 1." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--since", "yesterday"), "is no time"),
        (("list", "--history", "mysql://x"), "only SQLite and PostgreSQL are supported"),
        (("import", __file__, "--cluster", "x", "--history", "/nowhere/h.db"), "/nowhere/h.db can't be used"),
        (("list",), "There is no history ringfence-history.db"),
        (("at", "2026-11-23"), "There is no history ringfence-history.db"),
        (("prune", "--keep", "1d"), "There is no history ringfence-history.db"),
        (("list", "--history", ""), "The name of the history is empty"),
        (("list", "--most", "99999999999999999999"), "is not in the range"),
        (("at", "0001-01-01T00:00+14:00"), "is too long ago"),
        (("prune", "--keep", "99999999d"), "is longer than there have been records"),
        (("watch", "--kubeconfig", "/nowhere/config"), "/nowhere/config"),
        (("prune",), "Missing option '--keep'"),
        (("import", "gone.log", "--cluster", "x"), "No such file"),
        (("at", "soon"), "is no time"),
    ],
)
def test_wrong_usage_is_one_sentence(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("history", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())  # no empty history is left that would answer that nothing ever changed


def test_another_programs_database_gets_no_tables(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE orders (id INTEGER)")
        other.commit()
    before = file.read_bytes()
    for arguments in (("list",), ("import", str(AUDIT), "--cluster", "x")):
        result = run("history", *arguments, "--history", str(file))
        assert (result.exit_code, result.stderr) == (
            2,
            f"ringfence: {file} is a SQLite database, but no history of policies.\n",
        )
    assert file.read_bytes() == before


def test_a_line_that_is_nested_too_deeply_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_text("{}\n" + '{"user":' + "[" * 200_000 + "\n")
    result = run(
        "history", "import", str(tmp_path / "audit.log"), "--cluster", "x", "--history", str(tmp_path / "history.db")
    )
    assert result.exit_code == 1
    assert "left out: 2." in result.stdout


def test_a_watch_of_some_namespaces_takes_none_of_the_others_for_gone(cluster: Store) -> None:
    cluster.add(namespace("data"), policy("data", "db", {}, {}))
    run("history", "watch", "--for", "0")
    cluster.add(policy("shop", "new", {}, {}))
    result = run("history", "watch", "--for", "0", "--live-namespaces", "shop, ")
    assert [line.partition("NetworkPolicy/")[2] for line in result.stdout.splitlines()] == ["new created"]
    cluster.remove("NetworkPolicy", "shop", "api")
    result = run("history", "watch", "--for", "0", "--live-namespaces", "shop")
    assert [line.partition("NetworkPolicy/")[2] for line in result.stdout.splitlines()] == ["api deleted"]


def test_what_may_no_longer_be_listed_is_not_gone(cluster: Store) -> None:
    run("history", "watch", "--for", "0")
    cluster.forbid("networkpolicies")
    assert run("history", "watch", "--for", "0").stdout == ""


def test_what_is_listed_late_is_not_gone_and_is_recorded_when_it_comes(
    cluster: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("history", "watch", "--for", "0")
    monkeypatch.setattr(Watcher, "ready", lambda _self: False)  # as after a minute without the list
    came = threading.Event()

    def late(path: str, _parameters: dict[str, str]) -> None:
        if path.endswith("/networkpolicies"):
            came.wait(20)

    cluster.faults.append(late)
    cluster.add(policy("shop", "new", {}, {}))
    assert "deleted" not in run("history", "watch", "--for", "0").stdout
    timer = threading.Timer(1, came.set)
    timer.start()
    result = run("history", "watch", "--for", "3")
    timer.join()
    assert [line.partition("NetworkPolicy/")[2] for line in result.stdout.splitlines()] == ["new created"]


def test_a_moment_of_several_clusters_asks_which(tmp_path: Path) -> None:
    database = str(tmp_path / "history.db")
    log = tmp_path / "audit.log"
    event = {
        "kind": "Event",
        "stage": "ResponseComplete",
        "verb": "create",
        "objectRef": {"resource": "namespaces", "name": "shop", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "stageTimestamp": "2026-11-23T12:00:00Z",
        "responseObject": {"kind": "Namespace", "metadata": {"name": "shop", "resourceVersion": "1"}},
    }
    log.write_text(json.dumps(event))
    for name in ("one", "two"):
        run("history", "import", str(log), "--cluster", name, "--history", database)
    result = run("history", "at", "2026-11-24", "--history", database)
    assert result.exit_code == 2
    assert "Name one with --cluster: one, two." in result.stderr
    assert run("history", "at", "2026-11-24", "--history", database, "--cluster", "two").exit_code == 0
    assert run("history", "prune", "--keep", "1d", "--history", database).stdout == "0 revisions forgotten.\n"
