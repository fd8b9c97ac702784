"""A real browser for tests of pages: whatever a page throws, is refused or asks elsewhere fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.render.test_html_browser import CHROMIUM, QUIET

LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1200), ("dark", 380))
"""Colours and widths that every page is looked at in: a desk's, and a phone's."""

SERIOUS = ("serious", "critical")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, until the block ends."""
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        yield found
        found.close()


@contextmanager
def browsing(
    browser: Browser, address: str, colours: Literal["light", "dark"] = "light", width: int = 1300, height: int = 900
) -> Iterator[Page]:
    """A page of the server; at the end nothing may have been thrown, refused by the policy, or asked elsewhere."""
    context = browser.new_context(base_url=address, color_scheme=colours, viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(15_000)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(f"{message.text} {message.location}"))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append("a dialog was opened"))
    page.on("request", lambda asked: None if asked.url.startswith(address) else troubles.append(asked.url))
    try:
        yield page
    finally:
        context.close()
    assert not troubles, troubles


def sound(page: Page) -> None:
    """Nothing is serious for axe-core, and nothing sticks out."""
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found if each["impact"] in SERIOUS] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
