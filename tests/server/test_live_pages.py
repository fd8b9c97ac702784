"""Pages of a running cluster follow it by themselves, and ask first where somebody is typing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ringfence.model.flow import Outcome
from ringfence.server.source import opened
from tests.live.conftest import Live, live, namespace, pod, policy
from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import browsing
from tests.server.recorded import CHANGED, SHOP_HISTORY, changes_of, flows_of, small, small_store
from tests.server.serving import serving
from tests.server.test_flows_store import add, until
from tests.server.test_following import Held, held
from tests.server.test_map_browser import DRAWN, eventually, graph

__all__ = ["held", "live"]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

LINE = "e shop/Pod/api shop/Pod/job"
OPENING = policy("shop", "jobs", {}, {})
"""shop/job may reach shop/api, which it may not before."""


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    with opened((live.path,)) as source, serving(source) as address, browsing(browser, address) as found:
        yield found


def test_the_map_follows_a_policy_and_keeps_what_is_chosen(page: Page, live: Live) -> None:
    page.goto("/map")
    page.wait_for_selector(DRAWN)
    page.get_by_role("region", name="Boxes").get_by_role("link", name="api", exact=True).click()
    panel = page.get_by_role("complementary", name="Details")
    expect(panel.get_by_role("heading", level=2)).to_have_text("api")
    there = f"cy.getElementById('{LINE}').classes().includes('{{}}')"
    before = graph(page, "({zoom: cy.zoom(), pan: cy.pan()})")
    assert not graph(page, there.format("back"))
    live.store.add(OPENING)
    began = time.monotonic()
    eventually(page, there.format("back"))
    assert time.monotonic() - began < 8  # it is about 0.3 s; a busy machine is given more
    assert graph(page, "({zoom: cy.zoom(), pan: cy.pan()})") == before
    assert graph(page, "cy.nodes('.chosen').map((node) => node.data('name'))") == ["shop/Pod/api"]
    expect(panel).to_contain_text("shop/NetworkPolicy/jobs")
    expect(page.locator("#told")).to_contain_text("The cluster changed.")
    live.store.add(namespace("new"), pod("new", "late", "10.0.0.9"))
    eventually(page, "cy.getElementById('n new').nonempty()")
    expect(page.get_by_role("region", name="Boxes").get_by_role("link", name="new", exact=True)).to_be_visible()


def test_an_answer_follows_the_policy_that_it_is_about(page: Page, live: Live) -> None:
    page.goto("/why?source=shop/job&destination=shop/api&port=8080")
    answer = page.get_by_role("region", name="Answer").get_by_role("heading", level=2).first
    expect(answer).to_contain_text("can NOT reach")
    live.store.add(OPENING)
    expect(answer).to_contain_text("can reach", timeout=8000)
    page.get_by_label("Source").focus()
    page.keyboard.press("End")
    page.keyboard.type("x")
    live.store.add(namespace("other"))
    expect(page.get_by_role("status")).to_contain_text("The cluster changed.", timeout=8000)
    expect(page.get_by_label("Source")).to_have_value("shop/jobx")
    page.get_by_role("link", name="Show it as it is now").click()
    expect(page.get_by_label("Source")).to_have_value("shop/job")


def test_the_first_page_follows_and_a_page_with_a_form_asks(page: Page, live: Live) -> None:
    page.goto("/")
    expect(page.get_by_role("main")).to_contain_text("1 policies")
    live.store.add(OPENING)
    expect(page.get_by_role("main")).to_contain_text("2 policies", timeout=8000)
    page.goto("/what-if")
    page.get_by_label("Manifests, as for kubectl apply").fill("kind: Half")
    live.store.add(namespace("more"))
    expect(page.get_by_role("status")).to_contain_text("The cluster changed.", timeout=8000)
    expect(page.get_by_label("Manifests, as for kubectl apply")).to_have_value("kind: Half")


def test_a_page_with_an_older_study_shows_the_newer_when_it_is_complete(
    browser: Browser, live: Live, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.server.study.Finder", lambda: held)
    with opened((live.path,)) as source, serving(source) as address, browsing(browser, address) as page:
        page.goto("/")
        expect(page.get_by_role("main")).to_contain_text("1 policies")
        live.store.add(OPENING)
        note = page.get_by_text("a newer one is being worked out")
        expect(note).to_be_visible(timeout=8000)
        expect(page.get_by_role("main")).to_contain_text("1 policies")
        held.may.set()
        expect(page.get_by_role("main")).to_contain_text("2 policies", timeout=8000)
        expect(note).to_have_count(0)


def test_the_map_follows_the_records_and_leaves_its_reader_alone(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source, path = small(tmp_path / "cluster"), small_store(tmp_path, tmp_path / "cluster")
    with (
        flows_of(source, path) as flows,
        serving(source, flows=flows) as address,
        browsing(browser, address) as page,
    ):
        page.goto("/map")
        page.wait_for_selector(DRAWN)
        line = "cy.edges('.denied').map((edge) => [edge.data('from'), edge.data('to')].sort().join(' ')).sort()"
        assert graph(page, line) == ["data/Pod/db-0 shop/StatefulSet/web"]
        page.get_by_role("region", name="Boxes").get_by_role("link", name="api", exact=True).click()
        panel = page.get_by_role("complementary", name="Details")
        add(path, 2, 7777, Outcome.DENIED)
        eventually(page, "cy.edges('.denied').length === 2")
        assert graph(page, line) == ["data/Pod/db-0 shop/Pod/api", "data/Pod/db-0 shop/StatefulSet/web"]
        expect(page.locator("#told")).to_contain_text("The cluster or its records changed.")
        page.evaluate("document.getElementById('told').textContent = ''")
        panel.get_by_role("link").first.focus()
        focused = page.evaluate("document.activeElement.outerHTML")
        read = flows.store.read
        add(path, 3, 5432)  # which is drawn already
        until(lambda: flows.store.read > read)
        page.wait_for_timeout(1000)
        expect(page.locator("#told")).to_have_text("")
        assert page.evaluate("document.activeElement.outerHTML") == focused


def test_pages_of_what_is_recorded_say_that_there_is_more(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    source, path = small(tmp_path / "cluster"), small_store(tmp_path, tmp_path / "cluster")
    with (
        changes_of(source, tmp_path / "history.db", []) as (changes, journal),
        flows_of(source, path, changes) as flows,
        serving(source, flows=flows, changes=changes) as address,
        browsing(browser, address) as page,
    ):
        page.goto("/flows")
        expect(page.get_by_role("heading", name="By hour")).to_be_visible()
        add(path, 2, 7777)
        told = page.get_by_role("main").get_by_role("status").filter(has_text="changed.")
        expect(told).to_contain_text("The cluster or its records changed.", timeout=8000)
        page.get_by_role("link", name="Show it as it is now").click()
        expect(told).to_have_count(0)
        page.goto("/changes")
        expect(page.get_by_role("main")).to_contain_text("0 changes")
        journal.record(SHOP_HISTORY, "shop")
        expect(told).to_contain_text("The cluster or its history changed.", timeout=8000)
        page.goto("/changes/compare?since=2026-11-18T13:00:00")
        expect(page.get_by_role("heading", name="What changed in between")).to_be_visible()
        journal.record([dataclasses.replace(SHOP_HISTORY[0], time=CHANGED + dt.timedelta(hours=1))], "shop")
        expect(told).to_contain_text("The cluster or its history changed.", timeout=8000)
