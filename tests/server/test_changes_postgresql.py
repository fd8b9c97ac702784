"""The Changes page with a history in a real PostgreSQL says what it says with one in a file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from ringfence.history.journal import Journal
from tests.history.conftest import postgresql
from tests.history.postgresql import programs, temporary
from tests.server.recorded import CHANGED, SHOP_HISTORY, changes_of
from tests.server.serving import serving, shop
from tests.server.test_api import valid
from tests.server.test_pages import HTML

__all__ = ["postgresql"]

AWAY = "The history can't be read at the moment: its database doesn't answer."
Served = tuple[httpx.Client, Journal]


@pytest.fixture(scope="module")
def on_server(postgresql: str) -> Iterator[Served]:
    yield from _served(postgresql)


@pytest.fixture(scope="module")
def on_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from _served(tmp_path_factory.mktemp("history") / "history.db")


def _served(database: Path | str) -> Iterator[Served]:
    source = shop()
    with (
        changes_of(source, database) as (changes, journal),
        serving(source, changes=changes) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        yield client, journal


def shown(client: httpx.Client, path: str) -> str:
    """What a page says, less the revision in which it says so."""
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r'(ringfence-revision" content=")[^"]+', r"\1", answer.text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/changes", "Wednesday, 18 November 2026"),
        ("/changes?namespace=payments&until=2026-11-18T14:00:00Z", "kubectl-client-side-apply"),
        ("/changes?namespace=%00", "Nothing changed there"),
        ("/changes/2", "1 connection removed"),
        ("/changes/compare?since=2026-11-18T13:59:59&until=2026-11-18T14:00:00.000001", "1 connection removed"),
        ("/changes/compare?since=0001-01-01&until=9999-12-31", "ada@shop.example"),
    ],
)
def test_each_page_is_that_of_a_history_in_a_file(on_server: Served, on_file: Served, path: str, said: str) -> None:
    text = shown(on_server[0], path)
    assert said in text
    assert text == shown(on_file[0], path)


def test_a_revision_that_is_recorded_meanwhile_is_told(on_server: Served) -> None:
    client, journal = on_server
    before = valid(client.get("/api/v1/state", params={"of": "changes"}), "ServedState")["revision"]
    later = dataclasses.replace(SHOP_HISTORY[0], time=CHANGED + dt.timedelta(hours=1))
    assert journal.record([later], "shop") == 1
    found = client.get("/api/v1/state", params={"of": "changes", "revision": before, "wait": 20})
    assert valid(found, "ServedState")["revision"] != before
    assert "15:00:00" in client.get("/changes").text


def test_connections_that_the_server_cut_are_made_anew(on_server: Served) -> None:
    client, journal = on_server
    other = sa.create_engine(journal.engine.url)
    with other.connect() as connection:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        assert connection.execute(sa.text(f"{cut} AND datname = current_database()")).scalar_one() >= 1
    other.dispose()
    assert client.get("/changes").status_code == 200


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed (Debian: apt-get install postgresql)")
def test_a_database_that_is_away_is_said_and_all_else_is_answered() -> None:
    source = shop()
    with ExitStack() as database:
        url = database.enter_context(temporary())
        with (
            changes_of(source, url) as (changes, _),
            serving(source, changes=changes) as address,
            httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
        ):
            assert "ringfence_policy_revisions 2" in client.get("/metrics").text
            database.close()
            for path in ("/changes", "/changes/2", "/changes/1/effect", "/changes/compare?since=2026-11-18"):
                answer = client.get(path, headers=HTML)
                assert answer.status_code == 503, path
                assert AWAY in answer.text.replace("&#39;", "'")
            problem = client.get("/api/v1/changes")
            assert (problem.status_code, problem.json()["detail"]) == (503, AWAY)
            numbers = client.get("/metrics").text
            assert "ringfence_pods" in numbers
            assert "ringfence_policy_revisions" not in numbers
            assert client.get("/").status_code == 200
            assert client.get("/api/v1/state", params={"of": "cluster,changes"}).status_code == 200
