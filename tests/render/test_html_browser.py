"""The page in a real browser, from a file, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from ringfence.model.ports import NO_PORTS, PortSet, Protocol
from ringfence.reach.report import Connection, ReachEnd, ReachReport
from ringfence.render.html import render
from tests.render.reports import ALL_IPV4, connection, denied_reasons, end, report, rule_reasons, tcp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

WEB, API, WORKER = (end(f"shop/Deployment/{name}") for name in ("web", "api", "worker"))
DB = end("data/StatefulSet/db")
DNS = PortSet.point(Protocol.UDP, 53) | tcp(53)


def shop() -> ReachReport:
    return report(
        [
            connection(WEB, API, tcp(8080, 8443)),
            connection(API, DB, tcp(5432)),
            connection(WORKER, DB, tcp(5432), NO_PORTS),
            connection(WORKER, API),
            connection(API, ALL_IPV4, tcp(443)),
        ]
    )


def three_hundred() -> ReachReport:
    ends = [ReachEnd(f"team-{n // 12:02}/Deployment/workload-{n:03}", f"team-{n // 12:02}") for n in range(300)]
    pairs: list[Connection] = []
    for i, src in enumerate(ends):
        for j, dst in enumerate(ends):
            if src != dst and (src.namespace == dst.namespace or j % 25 == 0 or (i * 31 + j * 17) % 13 == 0):
                pairs.append(connection(src, dst, DNS if j % 25 == 0 else tcp(8000 + j % 40)))
    return report(pairs, *ends)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a report; at the end nothing may have been logged, thrown or requested."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append("a dialog was opened"))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else troubles.append(asked.url))

    def opened(answer: ReachReport, link: str = "") -> Page:
        file = tmp_path / "reach.html"
        file.write_text(render(answer, rule_reasons, denied_reasons), encoding="utf-8")
        page.goto(file.as_uri() + link)
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    context.close()
    assert troubles == []


def cell(page: Page, row: int, column: int, bands: tuple[int, int]) -> tuple[float, float]:
    """The middle of a cell: ``row`` and ``column`` count ends from 0, ``bands`` the namespaces before them."""
    grid = page.locator("#grid")
    box = grid.bounding_box()
    assert box is not None
    size, left, top = (float(grid.get_attribute(f"data-{name}") or "nan") for name in ("size", "left", "top"))
    x = box["x"] + left + 22 * bands[1] + size * (column + 0.5)
    return x, box["y"] + top + 22 * bands[0] + size * (row + 0.5)


def pixel(page: Page, spot: tuple[float, float]) -> tuple[int, ...]:
    """The colour that the matrix shows at a spot of the window."""
    script = """([x, y]) => {
      const shown = document.querySelector("#grid canvas"), box = shown.getBoundingClientRect();
      const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      copy.drawImage(shown, box.left - x, box.top - y);
      return [...copy.getImageData(0, 0, 1, 1).data].slice(0, 3);
    }"""
    page.wait_for_timeout(60)  # the frame that draws
    red, green, blue = page.evaluate(script, list(spot))
    return red, green, blue


def colour(page: Page, name: str) -> tuple[int, ...]:
    text = page.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}')").strip()
    return tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))


# The shop's matrix: namespaces data (db), shop (api, web, worker), External (Internet (IPv4)).


def test_cells_are_coloured_by_what_is_allowed(show: Callable[..., Page]) -> None:
    page = show(shop())
    assert pixel(page, cell(page, 3, 1, (2, 2))) == colour(page, "all")  # worker → api: all ports
    assert pixel(page, cell(page, 2, 1, (2, 2))) == colour(page, "some")  # web → api: two ports
    assert pixel(page, cell(page, 2, 0, (2, 1))) == colour(page, "surface")  # web → db: none
    assert pixel(page, cell(page, 1, 4, (2, 3))) == colour(page, "external")  # api → Internet


def test_a_click_shows_the_ports_and_the_deciding_rules(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.mouse.click(*cell(page, 2, 1, (2, 2)))
    text = page.locator("#panel").inner_text()
    assert "8080, 8443" in text
    for part in (
        "shop/NetworkPolicy/out",
        "egress[0]",
        "out.yaml:7",
        "shop/NetworkPolicy/in",
        "ingress[1]",
        "in.yaml:9",
    ):
        assert part in text


def test_a_denied_cell_shows_what_denies(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.mouse.click(*cell(page, 2, 0, (2, 1)))
    text = page.locator("#panel").inner_text()
    assert "denied" in text
    assert "data/NetworkPolicy/deny" in text
    assert "deny.yaml:3" in text


def test_replicas_that_differ_are_told_apart_in_the_panel(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.mouse.click(*cell(page, 3, 0, (2, 1)))
    text = page.locator("#panel").inner_text()
    assert "at least one pair of replicas" in text
    assert "no ports" in text


def test_hovering_names_the_cell(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.mouse.move(*cell(page, 1, 0, (2, 1)))
    assert page.locator("#tip").inner_text().split("\n") == [
        "shop/Deployment/api → data/StatefulSet/db",
        "TCP 5432",
    ]


def test_the_search_boxes_filter_rows_and_columns(show: Callable[..., Page]) -> None:
    page = show(shop())
    grid = page.locator("#grid")
    assert (grid.get_attribute("data-rows"), grid.get_attribute("data-columns")) == ("5", "5")
    page.fill("#from", "shop -web")
    page.fill("#to", "STATEFULSET/d")
    page.wait_for_selector("#grid[data-rows='2'][data-columns='1']")
    assert page.locator("#count").inner_text() == "2 × 1 · 2 allowed"


def test_the_port_box_keeps_what_is_allowed_on_that_port(show: Callable[..., Page]) -> None:
    page = show(shop())
    for text, allowed in (("5432", 3), ("5432/udp", 1), ("8000-9000", 2), ("443", 2), ("", 5)):
        page.fill("#port", text)  # worker → api is open on every port
        expect(page.locator("#count")).to_have_text(f"5 × 5 · {allowed} allowed")
    page.fill("#port", "nonsense")
    page.wait_for_selector("#port.wrong")


def test_only_connected_hides_empty_rows_and_columns(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.check("#connected")  # sources api, web, worker; destinations db, api, Internet
    page.wait_for_selector("#grid[data-rows='3'][data-columns='3']")


def test_a_namespace_folds_on_a_click_and_by_the_buttons(show: Callable[..., Page]) -> None:
    page = show(shop())
    x, y = cell(page, 1, 0, (2, 0))
    page.mouse.click(x - 100, y - 18)  # the band of shop, left of the cells
    page.wait_for_selector("#grid[data-rows='2'][data-columns='5']")
    page.click("#fold")
    page.wait_for_selector("#grid[data-rows='0'][data-columns='0']")
    page.click("#unfold")
    page.wait_for_selector("#grid[data-rows='5'][data-columns='5']")


def test_the_matrix_is_usable_from_the_keyboard(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.focus("#grid")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)  # the first press enters at the top: row shop band + 1 = api, column db
    assert page.locator("#spoken").inner_text() == "shop/Deployment/api → data/StatefulSet/db: TCP 5432"
    page.keyboard.press("Enter")
    assert "5432" in page.locator("#panel").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()


def test_a_link_opens_its_cell(show: Callable[..., Page]) -> None:
    page = show(shop(), "#shop%2FDeployment%2Fapi>data%2FStatefulSet%2Fdb")
    assert "5432" in page.locator("#panel").inner_text()


def test_a_broken_link_is_ignored(show: Callable[..., Page]) -> None:
    assert show(shop(), "#%E0%A4%A").locator("#panel").is_hidden()


def test_the_graph_draws_all_lines_of_a_small_answer(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.click("#tab-graph")
    assert page.locator("#canvas .pill").count() == 5
    assert page.locator("#canvas .line").count() == 5


def test_hovering_a_workload_draws_its_lines(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.click("#tab-graph")
    pill(page, "shop/Deployment/api").hover()
    assert page.locator("#canvas .line:not(.incoming)").count() == 2  # db, Internet
    assert page.locator("#canvas .line.incoming").count() == 2  # web, worker


def test_clicking_a_workload_lists_its_peers(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.click("#tab-graph")
    pill(page, "shop/Deployment/api").click()
    text = page.locator("#panel").inner_text()
    assert "May connect to (2)" in text
    assert "May be reached by (2)" in text
    page.locator("#panel .peer").first.click()
    assert "5432" in page.locator("#panel").inner_text()


def test_the_list_has_a_row_a_connection(show: Callable[..., Page]) -> None:
    page = show(shop())
    page.click("#tab-list")
    rows = page.locator("#list tbody tr")
    assert rows.count() == 5
    assert "TCP 8080, 8443" in rows.nth(2).inner_text()
    page.fill("#to", "db")
    expect(rows).to_have_count(2)


def test_the_scheme_can_be_changed(show: Callable[..., Page]) -> None:
    page = show(shop())
    light = pixel(page, cell(page, 2, 0, (2, 1)))
    page.click("#scheme")
    dark = pixel(page, cell(page, 2, 0, (2, 1)))
    assert sum(light) > 600
    assert sum(dark) < 150


def test_hostile_names_are_text_everywhere(show: Callable[..., Page]) -> None:
    names = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"'`${alert(1)}", "a\u202eb", "集群")
    hostile = [ReachEnd(f"<b>ns</b>/Deployment/{name}", "<b>ns</b>") for name in names]
    page = show(report([connection(src, dst, tcp(80)) for src in hostile for dst in hostile if src != dst]))
    page.mouse.click(*cell(page, 1, 0, (1, 1)))
    page.mouse.move(*cell(page, 2, 0, (1, 1)))
    page.click("#tab-list")
    page.click("#tab-graph")
    page.locator("#canvas .pill").nth(1).click()
    assert page.locator("img, b, main script").count() == 0
    text = page.locator("#panel").inner_text()
    assert "<img src=x onerror=alert(1)>" in text
    assert "<b>ns</b>/Deployment/<script>alert(1)</script>" in text


def test_the_matrix_of_300_workloads_is_drawn_wherever_it_is_scrolled(show: Callable[..., Page]) -> None:
    page = show(three_hundred())
    grid = page.locator("#grid")
    assert (grid.get_attribute("data-rows"), grid.get_attribute("data-columns")) == ("300", "300")
    assert pixel(page, cell(page, 1, 0, (1, 1))) == colour(page, "some")
    grid.evaluate("grid => grid.scrollTo(1e6, 1e6)")
    box = grid.bounding_box()
    assert box is not None
    right, bottom = grid.evaluate("grid => [grid.clientWidth, grid.clientHeight]")  # without scroll bars
    last = (box["x"] + right - 16 - 7, box["y"] + bottom - 16 - 21)  # 16 is the margin, 14 a cell: row 298, column 299
    page.mouse.click(*last)
    assert "workload-298" in page.locator("#panel h2").inner_text()
    assert "workload-299" in page.locator("#panel h2").inner_text()


def test_the_graph_of_300_workloads_is_usable(show: Callable[..., Page]) -> None:
    page = show(three_hundred())
    page.click("#tab-graph")
    assert page.locator("#canvas .pill").count() == 300
    pill(page, "team-03/Deployment/workload-040").hover()
    assert page.locator("#canvas .line.incoming").count() > 11  # its namespace, and some of others
    before = page.locator("#canvas").get_attribute("viewBox")
    page.mouse.wheel(0, -300)
    expect(page.locator("#canvas")).not_to_have_attribute("viewBox", before or "")
    page.click("#fit")
    assert page.locator("#canvas").get_attribute("viewBox") == before


def pill(page: Page, name: str) -> Locator:
    return page.locator(f'#canvas .pill[aria-label="{name}"]')
