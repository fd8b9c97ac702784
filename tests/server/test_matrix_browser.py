"""The sheet in a real browser: a million cells, moved over by keyboard, sorted, filtered and read as a table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import browsing
from tests.server.many import many
from tests.server.serving import serving

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def large() -> Iterator[str]:
    with serving(many()) as found:
        yield found


@pytest.fixture
def sheet(browser: Browser, large: str) -> Iterator[Page]:
    with browsing(browser, large) as page:
        page.goto("/matrix?view=sheet")
        drawn(page)
        yield page


def drawn(page: Page) -> None:
    page.locator("#sheet[data-drawn]").wait_for(state="attached", timeout=20_000)


def test_a_thousand_workloads_are_read_by_keyboard(sheet: Page) -> None:
    expect(sheet.locator("#sheet-counted")).to_have_text(
        # Fifty, twenty-five and one source for each of a thousand.
        "1,000 sources by 1,000 destinations (workloads), 76,000 connections."
    )
    cell = sheet.locator("#sheet-cell")
    sheet.get_by_role("application", name="Matrix").focus()
    expect(cell).to_have_text("space-00/Pod/app-00 → space-00/Pod/app-00: nothing.")
    sheet.keyboard.press("Control+End")
    expect(cell).to_have_text("space-19/Pod/app-49 → space-19/Pod/app-49: nothing.")
    sheet.keyboard.press("Home")
    expect(cell).to_have_text("space-19/Pod/app-49 → space-00/Pod/app-00: nothing.")
    assert sheet.evaluate("document.getElementById('sheet').scrollTop") > 19_000
    sheet.keyboard.press("Control+Home")
    sheet.keyboard.press("PageDown")
    for _ in range(3):
        sheet.keyboard.press("ArrowRight")
    expect(cell).to_contain_text("→ space-00/Pod/app-03")


def test_filters_find_a_cell_and_enter_leads_to_why(sheet: Page) -> None:
    sheet.get_by_label("Source has").fill("space-01 app-00")
    sheet.get_by_label("Destination has").fill("space-00 app-0")
    expect(sheet.locator("#sheet-counted")).to_contain_text("1 sources by 10 destinations")
    sheet.get_by_role("application", name="Matrix").focus()
    sheet.keyboard.press("End")
    expect(sheet.locator("#sheet-cell")).to_have_text("space-01/Pod/app-00 → space-00/Pod/app-09: TCP 80.")
    sheet.keyboard.press("Enter")
    panel = sheet.locator("#sheet-panel")
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("Allowed: TCP 80.")
    sheet.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(sheet.locator("#sheet")).to_be_focused()
    sheet.keyboard.press("Enter")
    panel.get_by_role("link", name="Why").click()
    answer = sheet.get_by_role("heading", level=2).first
    expect(answer).to_contain_text("space-01/app-00 can reach space-00/app-09 on TCP 80")


def test_a_port_and_an_order_choose_what_is_shown(sheet: Page) -> None:
    sheet.get_by_label("Port").fill("443")
    # Namespaces 1, 5, 9, 13 and 17 answer there.
    expect(sheet.locator("#sheet-counted")).to_contain_text("by 250 destinations (workloads), 19,000 connections")
    sheet.get_by_label("Port").fill("443/UDP")
    expect(sheet.locator("#sheet-counted")).to_contain_text("0 sources by 0 destinations")
    sheet.get_by_label("Port").fill("")
    sheet.get_by_label("Order").select_option("number")
    expect(sheet.locator("#sheet-counted")).to_contain_text("1,000 sources")
    sheet.get_by_role("application", name="Matrix").focus()
    sheet.keyboard.press("Control+Home")
    # The seventh app of each namespace is let in by a third, too.
    expect(sheet.locator("#sheet-cell")).to_contain_text("space-00/Pod/app-07 → ")


def test_what_is_filtered_is_a_table_for_who_cant_see_the_canvas(sheet: Page) -> None:
    sheet.locator("summary").click()
    table = sheet.locator("#sheet-table")
    expect(table).to_contain_text("Filter to at most 40")
    sheet.get_by_label("From namespace").select_option("space-02")
    sheet.get_by_label("Source has").fill("app-1")
    sheet.get_by_label("Destination has").fill("space-00 app-3")
    expect(table.locator("tbody tr")).to_have_count(10)
    said = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert said == [""] * 10
    assert table.locator("tbody tr").nth(1).locator("td").all_inner_texts() == ["TCP 80"] * 10


def test_a_click_shows_the_cell_that_is_under_it(sheet: Page) -> None:
    sheet.get_by_label("Source has").fill("space-01")
    sheet.get_by_label("Destination has").fill("space-00")
    expect(sheet.locator("#sheet-counted")).to_contain_text("50 sources by 50")
    sheet.locator("#sheet").click(position={"x": 260 + 2 * 20 + 10, "y": 130 + 3 * 20 + 10})
    expect(sheet.locator("#sheet-panel h2")).to_have_text("space-01/Pod/app-03 → space-00/Pod/app-02")


def test_namespaces_lead_to_their_workloads(sheet: Page) -> None:
    sheet.get_by_label("Rows and columns").select_option("namespace")
    expect(sheet.locator("#sheet-counted")).to_have_text(
        "20 sources by 20 destinations (namespaces), 76,000 connections."
    )
    sheet.get_by_role("application", name="Matrix").focus()
    sheet.keyboard.press("Control+Home")
    sheet.keyboard.press("ArrowDown")
    expect(sheet.locator("#sheet-cell")).to_have_text("space-01 → space-00: 2500 of 2500 pairs of workloads.")
    sheet.keyboard.press("Enter")
    sheet.get_by_role("link", name="The workloads of the two").click()
    expect(sheet.get_by_role("heading", level=1)).to_have_text("space-01 → space-00")


def test_paper_has_the_sheet_from_its_first_cell_in_light_colours(browser: Browser, large: str) -> None:
    with browsing(browser, large, "dark") as page:
        page.goto("/matrix?view=sheet")
        drawn(page)
        page.get_by_role("application", name="Matrix").focus()
        page.keyboard.press("Control+End")
        place = "document.getElementById('sheet').scrollTop"
        before = page.evaluate(place)
        assert before > 19_000
        page.evaluate(
            """matchMedia('print').addEventListener('change', ({ matches }) => {
                if (!matches) return;
                const canvas = document.querySelector('#sheet canvas');
                const paint = [...canvas.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3);
                const fits = canvas.getBoundingClientRect().width <= document.getElementById('main').clientWidth + 1;
                const forms = [...document.forms].filter((form) => form.checkVisibility()).length;
                window.paper = { paint, fits, forms };
            })"""
        )
        page.pdf(format="A4")
        assert page.evaluate("window.paper") == {"paint": [255, 255, 255], "fits": True, "forms": 0}
        page.wait_for_timeout(200)
        assert page.evaluate(place) == before


@pytest.mark.parametrize(("colours", "width"), [("light", 1300), ("dark", 380)])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(
    browser: Browser, large: str, colours: str, width: int
) -> None:
    with browsing(browser, large, "dark" if colours == "dark" else "light", width) as page:
        page.goto("/matrix?view=sheet")
        drawn(page)
        found = Axe().run(page).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_a_script_the_beginning_is_a_table(browser: Browser, large: str) -> None:
    context = browser.new_context(base_url=large, java_script_enabled=False)
    page = context.new_page()
    page.goto("/matrix?view=sheet")
    expect(page.locator("#plain tbody tr")).to_have_count(20)
    context.close()
