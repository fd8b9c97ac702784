"""The Changes page as text: the timeline, what one change did, and two moments."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ringfence.history.revision import Revision
from ringfence.model.origin import ObjectRef
from tests.server.recorded import CHANGED, PAYMENTS, START, changes_of, payments
from tests.server.serving import serving, shop
from tests.server.test_pages import HTML, SCRIPT


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    source = shop()
    with (
        changes_of(source, tmp_path_factory.mktemp("history") / "history.db") as (changes, _),
        serving(source, changes=changes) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as found,
    ):
        yield found


def test_the_timeline_says_what_changed_when_and_by_whom(client: httpx.Client) -> None:
    text = client.get("/changes").text
    assert "Wednesday, 18 November 2026" in text
    assert "by <b>ada@shop.example</b> with kubectl-edit: spec.ingress" in text
    assert text.index("ada@shop.example") < text.index("kubectl-client-side-apply")
    assert "Nothing changed there" in client.get("/changes", params={"namespace": "data"}).text
    assert "Nothing changed there" in client.get("/changes", params={"until": "2026-01-01"}).text


def test_a_change_shows_the_connection_that_it_cut_and_its_lines(client: httpx.Client) -> None:
    text = client.get("/changes/2").text
    assert "1 connection removed" in text
    assert "shop/Deployment/checkout → payments/Deployment/payments on TCP 8443" in text
    assert re.search(r'<span class="add">\+ +tier: api</span>', text)
    assert "the audit log" in text


def test_an_effect_is_worked_out_beside_the_questions_and_then_stands_in_the_timeline(client: httpx.Client) -> None:
    end = time.monotonic() + 30
    while "added" not in (text := client.get("/changes/1/effect").text):
        assert "working out its effect" in text
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "added" in client.get("/changes").text


def test_two_moments_are_compared_with_what_changed_in_between(client: httpx.Client) -> None:
    asked = {"since": "2026-11-18T13:59:59", "until": "2026-11-18T14:00:00"}
    text = client.get("/changes/compare", params=asked).text
    assert "1 connection removed" in text
    assert "/changes/2" in text
    assert (
        "No connection differs"
        in client.get("/changes/compare", params={**asked, "until": "2026-11-18T13:59:59.5"}).text
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/changes/compare", "Name the moment to compare from"),
        (f"/changes/compare?since={SCRIPT}", "is no time"),
        ("/changes/compare?since=2026-11-23&until=2026-11-22", "must be after the first"),
        ("/changes?until=yesterday", "is no time"),
        ("/changes/99", "no change 99"),
        (f"/changes/{2**70}", "number"),
        ("/changes/99/effect", "no change 99"),
    ],
)
def test_what_cant_be_shown_is_told(client: httpx.Client, path: str, said: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 400
    assert said in answer.text
    assert SCRIPT not in answer.text


def test_objects_that_came_at_once_are_one_entry(tmp_path: Path) -> None:
    refs = [ObjectRef(PAYMENTS.kind, f"{SCRIPT}-{number}", "payments", PAYMENTS.api_version) for number in range(70)]
    together = [Revision(ref, START, payments(tier=True), tool=SCRIPT) for ref in refs]
    later = [Revision(ref, CHANGED, None, f"\u202e{SCRIPT}") for ref in refs[:2]]
    source = shop()
    with (
        changes_of(source, tmp_path / "history.db", [*together, *later]) as (changes, _),
        serving(source, changes=changes) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        text = client.get("/changes").text
        assert "58 objects at once" in text
        assert "Older changes" in text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        older = client.get("/changes", params={"until": "2026-11-18T12:00:00Z"}).text
        assert "objects at once" in older


def test_without_a_history_the_page_says_how_to_keep_one() -> None:
    with serving(shop()) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
        for path in ("/changes", "/changes/1", "/changes/1/effect", "/changes/compare"):
            assert "ringfence history watch" in client.get(path).text


def test_a_history_without_a_change_says_what_makes_one(tmp_path: Path) -> None:
    source = shop()
    with (
        changes_of(source, tmp_path / "history.db", []) as (changes, _),
        serving(source, changes=changes) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        assert "Nothing is recorded yet" in client.get("/changes").text
