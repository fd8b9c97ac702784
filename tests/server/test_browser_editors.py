"""What editors do on the pages, in a real browser: suppress, filter, judge tests, copy, and find their way by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ringfence.server.settings import Settings
from tests.render.test_html_browser import CHROMIUM
from tests.server.browsing import LOOKS, browsing, sound
from tests.server.serving import serving, shop
from tests.server.test_api import CHECKOUT, PAYMENTS
from tests.server.test_what_if import OPEN, PROMISE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("kept") / "suppressions.yaml"
    with serving(shop(), Settings(token=TOKEN, suppressions_file=str(file))) as found:
        yield found


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def page(browser: Browser, guarded: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody who logged in."""
    with browsing(browser, guarded, *request.param) as found:
        found.context.grant_permissions(["clipboard-read", "clipboard-write"])
        found.goto("/")
        sound(found)
        found.get_by_label("Token").fill(TOKEN)
        found.get_by_role("button", name="Log in").click()
        yield found


def test_a_finding_is_suppressed_for_a_reason_and_taken_back(page: Page) -> None:
    page.goto("/findings")
    page.get_by_role("link", name="Suppress… RF203 of payments/NetworkPolicy/payments").click()
    page.get_by_label("Why it is meant").fill("its callers come in January")
    page.get_by_label("Who answers for it").fill("team-pay")
    page.get_by_role("button", name="Show how").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("+    ringfence.dev/ignore: 'RF203: its callers come in January (owner team-pay)'")
    sound(page)
    page.get_by_role("button", name="Suppress it").click()
    expect(page.get_by_role("status")).to_have_text("16 findings; 1 suppressed.")
    page.get_by_text("Suppressed (1)").click()
    sound(page)
    page.goto("/audit")
    expect(page.get_by_role("table")).to_contain_text("its callers come in January")
    sound(page)
    page.goto("/findings")
    page.get_by_text("Suppressed (1)").click()
    page.get_by_role("button", name="Take back RF203 of payments/NetworkPolicy/payments").click()
    expect(page.get_by_role("status")).to_have_text("17 findings.")


def test_filters_change_the_list_and_the_address_without_a_new_page(page: Page) -> None:
    page.goto("/findings")
    page.evaluate("window.same = true")
    page.get_by_label("Severity").select_option("error")
    expect(page.get_by_role("status")).to_have_text("6 findings.")
    page.get_by_label("Namespace").select_option("payments")
    page.wait_for_url("**/findings?severity=error&namespace=payments&code=")
    assert page.evaluate("window.same")
    told = page.get_by_role("status").text_content()
    page.reload()
    expect(page.get_by_role("status")).to_have_text(told or "")
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("6 findings.")


def test_tests_are_judged_with_a_change_and_the_report_is_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto("/what-if")
    page.get_by_label("Manifests, as for kubectl apply").fill(OPEN)
    page.get_by_text("Policy tests beside them").click()
    page.get_by_label("Documents of kind PolicyTest").fill(PROMISE)
    page.get_by_role("button", name="Compare").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("1 broken, 1 repaired by the change")
    sound(page)
    with page.expect_download() as got:
        page.get_by_role("button", name="HTML").click()
    assert got.value.suggested_filename == "what-if.html"
    got.value.save_as(tmp_path / "what-if.html")
    assert "1 broken, 1 repaired by the change" in (tmp_path / "what-if.html").read_text(encoding="utf-8")


def test_files_are_uploaded_together(page: Page, tmp_path: Path) -> None:
    names = ("a.yaml", "b.yaml")
    for name, text in zip(names, OPEN.split("---\n"), strict=True):
        (tmp_path / name).write_text(text)
    page.goto("/what-if")
    page.get_by_label("Or files of them").set_input_files([tmp_path / name for name in names])
    page.get_by_role("button", name="Compare").click()
    answer = page.get_by_role("region", name="Answer")
    expect(answer).to_contain_text("payments/open is new")
    expect(answer).to_contain_text("shop/free is new")


def test_a_fix_is_copied(page: Page) -> None:
    page.goto(f"/why?source={CHECKOUT}&destination={PAYMENTS}")
    page.get_by_role("button", name="Copy the difference").click()
    expect(page.get_by_role("button", name="Copy the difference")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("--- ")
    assert "\n-              tier: api\n" in copied
    assert "Copy" not in copied


def test_a_slash_leads_to_the_question_and_is_a_slash_within_it(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("/")
    expect(page.get_by_label("Source")).to_be_focused()
    page.keyboard.type("shop/Dep")
    expect(page.get_by_label("Source")).to_have_value("shop/Dep")
    page.goto("/findings")
    page.keyboard.press("/")
    expect(page.get_by_label("Severity")).to_be_focused()


def test_the_slash_is_switched_off_for_every_page_until_it_is_switched_on(page: Page) -> None:
    page.goto("/findings")
    key = page.get_by_role("checkbox", name="The key / leads to the first field")
    expect(key).to_be_checked()
    key.uncheck()
    sound(page)
    page.goto("/")
    expect(key).not_to_be_checked()
    page.keyboard.press("/")
    expect(page.get_by_label("Source")).not_to_be_focused()
    key.check()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    expect(page.get_by_label("Source")).to_be_focused()
    page.goto("/audit")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(key).to_be_hidden()  # there is no field


def test_on_paper_there_is_the_answer_and_nothing_to_press(page: Page) -> None:
    page.goto(f"/why?source={CHECKOUT}&destination={PAYMENTS}")
    page.emulate_media(media="print")
    expect(page.get_by_role("region", name="Answer")).to_contain_text("can NOT reach")
    for role in ("button", "textbox", "navigation"):
        expect(page.get_by_role(role)).to_have_count(0)


def test_findings_on_paper_have_light_colours_and_nothing_to_choose(page: Page) -> None:
    page.goto("/findings")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="By root cause")).to_be_visible()
    for role in ("button", "combobox", "navigation", "checkbox"):
        expect(page.get_by_role(role)).to_have_count(0)
    expect(page.get_by_role("link", name="Suppress")).to_have_count(0)
    colours = (
        "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.querySelector('.verdict')))"
    )
    assert page.evaluate(colours) == ["rgb(253, 235, 236)", "rgb(0, 0, 0)"]
