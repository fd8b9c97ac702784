"""Waiting for a change: answered when there is one, after a while, at the end, and at once where too many wait."""

from __future__ import annotations

import asyncio
import time

import httpx

from ringfence.server.source import opened
from ringfence.server.waiting import Waited, Waiting
from tests.live.conftest import Live, live, policy
from tests.server.serving import serving
from tests.server.test_api import valid

__all__ = ["live"]


class Number:
    """A number that a test counts up."""

    def __init__(self, value: str = "1") -> None:
        self.value = value

    def __call__(self) -> str:
        return self.value


def test_what_never_changes_has_no_revision_and_is_not_waited_for() -> None:
    waiting = Waiting({"cluster": lambda: ""})
    began = time.monotonic()
    assert asyncio.run(waiting.changed("", 10)) == Waited("")
    assert time.monotonic() - began < 5


def test_two_processes_never_have_one_revision() -> None:
    number = Number()
    assert Waiting({"cluster": number}).revision() != Waiting({"cluster": number}).revision()


def test_a_change_is_told_when_it_comes() -> None:
    number = Number()
    waiting = Waiting({"cluster": number})
    known = waiting.revision()

    async def ask() -> Waited:
        asked = asyncio.create_task(waiting.changed(known, 20))
        await asyncio.sleep(0.2)
        assert not asked.done()
        number.value = "2"
        return await asked

    assert asyncio.run(ask()) == Waited(waiting.revision())
    assert waiting.revision() != known


def test_without_a_change_the_answer_comes_after_a_while() -> None:
    waiting = Waiting({"cluster": Number()})
    began = time.monotonic()
    assert asyncio.run(waiting.changed(waiting.revision(), 0.3)) == Waited(waiting.revision())
    assert time.monotonic() - began >= 0.3


def test_more_than_may_wait_are_sent_away() -> None:
    waiting = Waiting({"cluster": Number()}, most=2)
    known = waiting.revision()

    async def ask() -> list[Waited]:
        asked = [asyncio.create_task(waiting.changed(known, 1)) for _ in range(3)]
        found = await asyncio.gather(*asked)
        again = await waiting.changed(known, 0.05)
        return [*found, again]

    *first, third, again = asyncio.run(ask())
    assert [each.retry for each in first] == [0, 0]
    assert third.retry > 0
    assert again.retry == 0


def test_at_the_end_everybody_is_answered() -> None:
    waiting = Waiting({"cluster": Number()})

    async def ask() -> Waited:
        asked = asyncio.create_task(waiting.changed(waiting.revision(), 20))
        await asyncio.sleep(0.1)
        waiting.end()
        return await asked

    began = time.monotonic()
    assert asyncio.run(ask()) == Waited(waiting.revision())
    assert time.monotonic() - began < 10


def test_an_input_that_is_read_once_has_no_revision(client: httpx.Client) -> None:
    found = valid(client.get("/api/v1/state", params={"wait": 5}), "ServedState")
    assert (found["revision"], found["ready"]) == ("", True)
    assert "ringfence-revision" not in client.get("/map").text


def test_the_api_tells_of_a_change_of_a_running_cluster(live: Live) -> None:
    with (
        opened((live.path,)) as source,
        serving(source) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        before = valid(client.get("/api/v1/state"), "ServedState")["revision"]
        live.store.add(policy("shop", "jobs", {}, {}))
        after = valid(client.get("/api/v1/state", params={"revision": before, "wait": 20}), "ServedState")["revision"]
        assert after != before
        assert after.split("-")[0] == before.split("-")[0]
