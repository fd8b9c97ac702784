"""The Changes page with a history in a real PostgreSQL says what it says with one in a file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ringfence.history.journal import Journal
from tests.history.conftest import postgresql
from tests.server.recorded import CHANGED, SHOP_HISTORY, changes_of
from tests.server.serving import serving, shop
from tests.server.test_api import valid

__all__ = ["postgresql"]

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
