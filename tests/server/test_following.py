"""What pages follow: the cluster, what is worked out of it later, recorded flows, and the history."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from ringfence.cluster import Cluster
from ringfence.server.answers import Answers
from ringfence.server.following import parts_of
from ringfence.server.glance import Glance
from ringfence.server.source import Loaded
from ringfence.server.study import Study
from ringfence.server.studying import Finder, Found
from ringfence.server.waiting import Waited, Waiting
from tests.server.recorded import CHANGED, SHOP_HISTORY, changes_of, flows_of, small, small_store
from tests.server.serving import serving, shop
from tests.server.test_api import valid
from tests.server.test_flows_store import add, until


class Changing(Loaded):
    """Files that a test says to have changed."""

    def change(self, directory: Path) -> None:
        """Becomes another cluster, of the same files."""
        self._cluster = small(directory).cluster()
        self.revision = "2"


class Held(Finder):
    """Studies no second cluster before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.studies = 0

    def find(self, cluster: Cluster) -> Found:
        """As ever, a little later."""
        self.studies += 1
        if self.studies > 1:
            self.may.wait(30)
        time.sleep(0.2)  # longer than who asks is made to wait
        return super().find(cluster)


@pytest.fixture
def held() -> Iterator[Held]:
    found = Held()
    yield found
    found.may.set()


def test_who_follows_the_study_is_told_of_the_change_and_again_when_it_is_studied(tmp_path: Path, held: Held) -> None:
    small(tmp_path)
    source = Changing([str(tmp_path)])
    source.revision = "1"
    answers = Answers(source)
    answers.study = Study(source.cluster, held)
    waiting = Waiting(parts_of(answers))
    both = ("cluster", "study")
    assert answers.study.newest().newest
    first, alone = waiting.revision(both), waiting.revision()
    source.change(tmp_path)

    async def ask(known: str, parts: Sequence[str], seconds: float) -> Waited:
        return await waiting.changed(known, seconds, parts)

    second = asyncio.run(ask(first, both, 10)).revision
    assert second != first
    assert not answers.study.newest().newest
    assert asyncio.run(ask(second, both, 0.3)).revision == second
    one = asyncio.run(ask(alone, ("cluster",), 10)).revision

    async def study() -> tuple[Waited, Waited]:
        asked = asyncio.create_task(ask(second, both, 20))
        other = asyncio.create_task(ask(one, ("cluster",), 1.5))
        await asyncio.sleep(0.2)
        assert not asked.done()
        held.may.set()
        return await asked, await other

    third, other = asyncio.run(study())
    assert third.revision not in (first, second)
    assert answers.study.newest().newest
    assert other.revision == one  # a page of the cluster alone isn't told of the study
    answers.study.end()


def test_what_is_read_once_is_studied_once(tmp_path: Path) -> None:
    answers = Answers(small(tmp_path))
    answers.study.newest()
    assert Waiting(parts_of(answers)).revision(("cluster", "study", "flows", "changes")) == ""
    answers.study.end()


def test_a_store_that_is_read_again_is_told(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source = small(tmp_path / "cluster")
    path = small_store(tmp_path, tmp_path / "cluster")
    with (
        flows_of(source, path) as flows,
        serving(source, flows=flows) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        asked = {"of": "cluster,flows"}
        before = valid(client.get("/api/v1/state", params=asked), "ServedState")["revision"]
        assert before
        assert f'content="{before}" data-of="cluster,flows"' in client.get("/flows").text
        assert f'content="{before}" data-of="cluster,flows"' in client.get("/map").text
        assert "ringfence-revision" not in client.get("/matrix").text
        add(path, 2, 7777)
        found = client.get("/api/v1/state", params={**asked, "revision": before, "wait": 20})
        assert valid(found, "ServedState")["revision"] != before
        assert 7777 in set(flows.store.edges().port)


def test_a_revision_that_anybody_records_is_told(tmp_path: Path) -> None:
    source = shop()
    with (
        changes_of(source, tmp_path / "history.db") as (changes, journal),
        serving(source, changes=changes) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        asked = {"of": "cluster,changes"}
        before = valid(client.get("/api/v1/state", params=asked), "ServedState")["revision"]
        assert f'content="{before}" data-of="cluster,changes"' in client.get("/changes").text
        later = dataclasses.replace(SHOP_HISTORY[0], time=CHANGED + dt.timedelta(hours=1))
        assert journal.record([later], "shop") == 1
        # What the page shows, it doesn't call new, though nobody looked for it before.
        texts = [client.get(page).text for page in ("/changes", "/changes/1", "/changes/compare?since=2026-11-18")]
        found = client.get("/api/v1/state", params={**asked, "revision": before, "wait": 20})
        after = valid(found, "ServedState")["revision"]
        assert after != before
        assert all(f'content="{after}" data-of="cluster,changes"' in text for text in texts)


def test_what_can_not_be_followed_is_said(client: httpx.Client) -> None:
    found = client.get("/api/v1/state", params={"of": "cluster,weather"})
    assert found.status_code == 400
    assert found.json()["detail"] == "There is no part 'weather' to follow: cluster, study, flows, changes."


def test_a_glance_is_asked_for_again_by_who_looks_and_keeps_what_it_knows() -> None:
    answers = ["one", "two"]

    def ask() -> str:
        return answers.pop(0)

    glance = Glance(ask, pause=0.05)
    assert answers == ["two"]
    time.sleep(0.2)
    assert answers == ["two"]  # nobody looks
    until(lambda: glance.look() == "two")
    time.sleep(0.1)
    assert glance.look() == "two"  # asking fails now
