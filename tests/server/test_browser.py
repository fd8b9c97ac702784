"""The pages in a real browser: every way through them, at both widths and in both colours, and with axe-core's eyes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import LOOKS, SERIOUS, browsing, sound
from tests.server.test_api import CHECKOUT, PAYMENTS, POLICY

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

PAGES = (
    "/",
    f"/why?source={CHECKOUT}&destination={PAYMENTS}",
    "/why",
    "/findings",
    "/what-if",
    "/map",
    "/map/node?name=shop",
    f"/map/edge?source={CHECKOUT}&target=shop/Deployment/inventory",
    "/matrix",
    "/matrix?src=shop&dst=data",
)


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of this server; at the end nothing may have been thrown, refused by the policy, or asked elsewhere."""
    with browsing(browser, address, *getattr(request, "param", LOOKS[-1])) as found:
        yield found


@pytest.mark.parametrize("page", LOOKS, indirect=True, ids=lambda look: f"{look[0]}-{look[1]}")
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_serious_and_nothing_sticks_out(page: Page, path: str) -> None:
    page.goto(path)
    sound(page)


def test_an_operator_comes_from_the_first_page_to_the_cause_and_the_fix(page: Page) -> None:
    page.goto("/")
    page.get_by_role("article").filter(has_text="checkout can't reach").get_by_role("link").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("can NOT reach service:payments/payments")
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("payments/policies.yaml:61")
    expect(answer).to_contain_text("it opens nothing else and closes nothing else")
    page.get_by_text("As manifests").click()
    page.get_by_role("button", name="What if this were applied?").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("1 connection added")


def test_a_question_is_asked_by_keyboard_with_completion(page: Page) -> None:
    page.goto("/why")
    page.get_by_label("Source").focus()
    page.keyboard.type("checkou")
    expect(page.locator("#sources option")).to_have_count(1)
    expect(page.locator("#sources option")).to_have_attribute("value", CHECKOUT)
    page.get_by_label("Source").fill(CHECKOUT)
    page.keyboard.press("Tab")
    page.keyboard.type(PAYMENTS)
    page.keyboard.press("Tab")
    page.keyboard.type("443")
    page.keyboard.press("Enter")
    page.wait_for_url("**/why?source=*port=443")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("can NOT reach")


def test_manifests_are_compared(page: Page) -> None:
    page.goto("/what-if")
    page.get_by_label("Manifests, as for kubectl apply").fill(POLICY)
    page.get_by_role("button", name="Compare").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("payments/payments-open is new")
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []


def test_the_matrix_leads_from_namespaces_to_workloads_to_why(page: Page) -> None:
    page.goto("/matrix")
    page.get_by_title("shop → data: ").click()
    page.get_by_title("shop/Deployment/cart → data/StatefulSet/redis: TCP 6379").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("can reach data/StatefulSet/redis")


def test_findings_are_filtered_by_their_form(page: Page) -> None:
    page.goto("/findings")
    page.get_by_label("Severity").select_option("error")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("status")).to_have_text("6 findings.")
    expect(page.get_by_label("Severity")).to_have_value("error")


def test_the_pages_are_read_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Why", exact=True).click()
    page.get_by_label("Source").fill(CHECKOUT)
    page.get_by_label("Destination").fill(PAYMENTS)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text("tier=api")
    context.close()


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.goto("/findings")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("/findings#main")
