"""The pages of recorded flows and changes in a real browser: by keyboard, at both widths, in both colours, printed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import LOOKS, SERIOUS, browsing, sound
from tests.server.recorded import DENYING, changes_of, flows_of, shop_store
from tests.server.serving import serving, shop

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

PAGES = (
    "/flows",
    "/flows?workload=shop/Deployment/checkout&window=1h&by=name",
    "/flows/replay",
    "/changes",
    "/changes/2",
    "/changes/compare?since=2026-11-18T13:00:00",
)
WIDE = LOOKS[:1]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The shop with three hours of its traffic, and a history of two revisions."""
    directory = tmp_path_factory.mktemp("recorded")
    source = shop()
    with (
        changes_of(source, directory / "history.db") as (changes, _),
        flows_of(source, shop_store(directory), changes) as flows,
        serving(source, flows=flows, changes=changes) as found,
    ):
        yield found


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of this server; at the end nothing may have been thrown, refused by the policy, or asked elsewhere."""
    with browsing(browser, address, *getattr(request, "param", LOOKS[-1])) as found:
        yield found


@pytest.mark.parametrize("page", LOOKS, indirect=True, ids=lambda look: f"{look[0]}-{look[1]}")
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_and_nothing_sticks_out(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state("load")  # the network is never idle: the page waits for what changes
    sound(page)


def test_the_hours_are_drawn_and_said_and_stand_in_a_table(page: Page) -> None:
    page.goto("/flows")
    chart = page.get_by_role("img", name="Connections by hour")
    expect(chart.locator("canvas")).to_be_visible()
    assert page.evaluate(
        "[...document.querySelector('canvas').getContext('2d').getImageData(0,0,300,300).data].some(x=>x)"
    )
    table = page.get_by_text("The same as a table")
    table.focus()
    page.keyboard.press("Enter")
    rows = page.get_by_role("region", name="By hour").get_by_role("row")
    expect(rows).to_have_count(4)  # three hours, and the heading
    page.emulate_media(color_scheme="light")
    expect(chart.locator("canvas")).to_be_visible()


def test_a_filter_changes_the_answer_and_the_address_and_going_back_undoes_it(page: Page) -> None:
    page.goto("/flows")
    expect(page.get_by_role("heading", name="By workload")).to_be_visible()
    page.get_by_role("combobox", name="Workload").fill("shop/Deployment/checkout")
    page.get_by_role("combobox", name="Workload").press("Tab")
    expect(page.get_by_role("heading", name="What shop/Deployment/checkout uses")).to_be_visible()
    assert "workload=shop%2FDeployment%2Fcheckout" in page.url
    expect(page.locator("canvas")).to_have_count(1)
    page.get_by_role("link", name="Ports").click()
    expect(page.get_by_role("link", name="Ports")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("combobox", name="Workload")).to_have_value("shop/Deployment/checkout")
    page.go_back()
    expect(page.get_by_role("link", name="Pairs")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("heading", name="By workload")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize("page", WIDE, indirect=True)
def test_a_denial_leads_to_its_why(page: Page) -> None:
    page.goto("/flows?workload=shop/Deployment/checkout")
    denied = page.get_by_role("region", name="Denied by policies")
    denied.get_by_role("link", name="Why? shop/Deployment/checkout to payments/Deployment/payments").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("can NOT reach payments/Deployment/payments")


def test_a_change_is_replayed_against_the_flows(page: Page) -> None:
    page.goto("/flows")
    page.get_by_role("link", name="Replay these flows").click()
    policy = DENYING.replace("name: db, namespace: data", "name: closed, namespace: data").replace(
        "app: db", "app: redis"
    )
    page.get_by_label("Manifests, as for kubectl apply").fill(policy.replace("policyTypes", "ingress: [], policyTypes"))
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("status")).to_contain_text("would be cut")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []


def test_the_timeline_fills_in_what_each_change_did(page: Page) -> None:
    page.goto("/changes")
    expect(page.get_by_text("− 1 removed")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="NetworkPolicy payments/payments").first.click()
    expect(page.get_by_role("region", name="Effect")).to_contain_text("checkout → payments/Deployment/payments")
    page.get_by_role("link", name="Compare the cluster before and after").click()
    expect(page.get_by_role("status")).to_contain_text("1 connection removed")
    expect(page.get_by_label("From (UTC)")).to_have_value("2026-11-18T13:59:59")


def test_both_pages_are_read_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/flows")
    page.get_by_label("Namespace").select_option("payments")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Namespace")).to_have_value("payments")
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("region", name="By hour").get_by_role("row")).to_have_count(4)
    page.goto("/changes")
    page.get_by_role("link", name="NetworkPolicy payments/payments").first.click()
    expect(page.get_by_role("region", name="Effect")).to_contain_text("1 connection removed")
    page.go_back()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Two moments compared")).to_be_visible()
    context.close()


def test_printed_the_answer_stands_without_forms(page: Page) -> None:
    page.goto("/flows")
    page.emulate_media(media="print")
    expect(page.get_by_label("Namespace")).to_be_hidden()
    expect(page.get_by_role("heading", name="Denied by policies")).to_be_visible()
    # The chart's text is as black as the paper's, whatever it is on the screen.
    chart = "echarts.getInstanceByDom(document.querySelector('.chart'))"
    page.wait_for_function(f"{chart}.getOption().textStyle.color === '#000'")
