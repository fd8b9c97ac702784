"""The page of recorded traffic in a real browser, from a file, without a network and without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page as Tab, expect, sync_playwright

from ringfence.flows.edges import Coverage, EdgeSet
from ringfence.model.flow import HOUR, Loss, LossKind, Outcome
from ringfence.observe import Moment, denied
from ringfence.observe.service_map import service_map
from ringfence.observe.timeline import timeline
from ringfence.observe.top import top
from ringfence.render.flows_html import Page, render
from tests.render.test_html_browser import QUIET
from tests.replay.worlds import START, WEB_TO_DB, at_node, edge, outside, policy, read, workload, world

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

EVIL = "</title><script>alert(1)</script>"
DAYS = 3


def page() -> str:
    guard = policy("db", "data", WEB_TO_DB)
    hours = DAYS * 24
    silent = {START // HOUR + hour for hour in (20, 21, 22)}
    edges = EdgeSet.of(
        [
            replace(each, hours=tuple(hour for hour in each.hours if hour[0] not in silent))
            for each in (
                edge("shop/web", "shop/cart", 7070, connections=5 * hours, last=hours - 1),
                edge(
                    "shop/web", "data/db", 5432, connections=9 * hours, last=hours - 1, octets=5_000_000, octets_back=9
                ),
                edge("shop/cart", "data/db", 5432, connections=50, last=40),
                edge("shop/cart", "data/db", 5432, Outcome.DENIED, connections=200, first=44, last=hours - 1),
                edge("shop/web", "kube-system/dns", 53, protocol="UDP", connections=900, last=hours - 1),
                edge("shop/cart", outside("198.51.100.7", "api.pay.test"), 443, connections=70, last=hours - 1),
                edge("shop/web", outside("203.0.113.7"), 443, Outcome.FAILED, reason="CT_MAP_INSERTION_FAILED"),
                edge(at_node("192.168.0.1"), "shop/web", 8080, connections=hours, last=hours - 1),
                edge(workload(f"shop/{EVIL}", "app=evil"), "data/db", 5432, Outcome.REJECTED, connections=3),
                edge("data/db", "shop/cart", 7071, Outcome.DENIED, connections=3, first=9),
            )
        ],
        Coverage(
            START,
            START + hours * HOUR - 1,
            tuple(START // HOUR + hour for hour in range(hours) if START // HOUR + hour not in silent),
            ("hubble",),
            ("n1", "n2"),
            12_345,
            losses=(Loss(LossKind.LOST_EVENTS, "the ring buffer was overwritten", 2_914, "n1"),),
        ),
    )
    now = world(guard)
    moments = [Moment(START + hour * HOUR, "", there, read(there)) for hour, there in ((40, world()), (44, now))]
    return render(
        Page(
            "Recorded traffic",
            denied(edges, now, read(now), moments),
            timeline(edges, now, moments),
            service_map(edges),
            top(edges),
        )
    )


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tab]:
    """The page; at the end nothing may have been logged, thrown or requested."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        context = browser.new_context(viewport={"width": 1300, "height": 900}, java_script_enabled=request.param)
        tab = context.new_page()
        troubles: list[str] = []
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("dialog", lambda dialog: troubles.append("a dialog was opened"))
        tab.on("request", lambda asked: None if asked.url.startswith("file:") else troubles.append(asked.url))
        file = tmp_path / "flows.html"
        file.write_text(page(), encoding="utf-8")
        tab.goto(file.as_uri())
        yield tab
        tab.screenshot(path=tmp_path / "flows.png", full_page=True)
        assert (tmp_path / "flows.png").stat().st_size > 20_000
        browser.close()
        assert troubles == []


def test_the_page_shows_denials_hours_the_map_and_the_evidence(shown: Tab) -> None:
    expect(shown.get_by_role("heading", level=1)).to_have_text("Recorded traffic")
    expect(shown.get_by_text("3 of 9 connections denied by policies, 206 times.")).to_be_visible()
    chart = shown.get_by_role("img", name="Connections by hour")
    expect(chart).to_be_visible()
    expect(chart.locator("rect.gap")).to_have_count(3)
    expect(chart.locator("g.mark")).to_have_count(1)
    drawn = shown.get_by_role("img", name="Who calls whom")
    expect(drawn.locator("path.mixed")).to_have_count(1)  # cart to db: passed, and denied since
    expect(drawn.locator("path.denied")).to_have_count(2)
    expect(shown.get_by_text("events lost (2,914) on n1: the ring buffer was overwritten")).to_be_visible()
    expect(shown.get_by_text("NetworkPolicy data/db is new").locator("visible=true").first).to_be_visible()


def test_boxes_do_not_lie_on_one_another_and_names_are_text(shown: Tab) -> None:
    boxes = [box.bounding_box() for box in shown.locator(".map g.end rect").all()]
    places = [box for box in boxes if box is not None]
    assert len(places) == len(boxes) == 8
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"] + 0.5
                or other["x"] + other["width"] <= one["x"] + 0.5
                or one["y"] + one["height"] <= other["y"] + 0.5
                or other["y"] + other["height"] <= one["y"] + 0.5
            )
            assert apart, (one, other)
    expect(shown.get_by_text("<script>alert(1)</script>").first).to_be_attached()
    assert shown.title() == "Recorded traffic"
