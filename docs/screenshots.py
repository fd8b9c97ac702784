"""Takes the pictures of the web page's tour, docs/web.md, of the example that `ringfence serve --demo` serves.

``make screenshots`` runs it; it needs Chromium. The demo's records end when it starts, so the times in the pictures
differ from run to run: a picture is taken anew when its page has changed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

INTO = Path(__file__).parent / "images"
WIDTH, HEIGHT = 1200, 800
PHONE = 390

WHY = "/why?source=shop/Deployment/checkout&destination=payments/Deployment/payments&port=8443"
PICTURES = {
    "overview": "/",
    "map": "/map",
    "why": WHY,
    "findings": "/findings",
    "what-if": "/what-if",
    "matrix": "/matrix?view=sheet",
    "flows": "/flows",
    "changes": "/changes",
}
"""The name of each picture, and the address that it shows."""

PROPOSED = Path(__file__).parents[1] / "examples" / "shop" / "payments" / "policies.yaml"
_MOST_WAITS = 60
_QUIET = 1_500  # milliseconds in which what a page draws by script is drawn


def main() -> None:
    """Starts the demo, and takes each picture: light, and some of them dark or as narrow as a phone."""
    INTO.mkdir(exist_ok=True)
    command = [str(Path(sys.executable).with_name("ringfence")), "serve", "--demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = _address(server)
            _wait(address)
            _take_all(address)
        finally:
            server.terminate()


def _address(server: subprocess.Popen[str]) -> str:
    """Where the demo listens.

    Raises:
        RuntimeError: it ended before it did.
    """
    for line in server.stdout or ():
        found = re.search(r"http://\S+", line)
        if found:
            return found[0]
    raise RuntimeError("The demo didn't start.")


def _wait(address: str) -> None:
    """Waits for the demo's flows, which are made while it serves already."""
    for _ in range(_MOST_WAITS):
        with urllib.request.urlopen(f"{address}/metrics") as answer:
            if b"ringfence_denied_edges{" in answer.read():
                return
        time.sleep(1)


def _take_all(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, path in PICTURES.items():
            page.goto(address + path)
            if name == "what-if":
                _propose(page)
            _take(page, name)
        page.emulate_media(color_scheme="dark")
        page.goto(address + PICTURES["map"])
        _take(page, "map-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": PHONE, "height": HEIGHT})
        page.goto(address + WHY)
        _take(page, "why-phone")
        browser.close()


def _propose(page: Page) -> None:
    """Proposes the policies of payments as they'd be without the label that cuts checkout off."""
    lines = PROPOSED.read_text(encoding="utf-8").splitlines(keepends=True)
    page.locator("textarea[name=manifests]").fill("".join(line for line in lines if line.strip() != "tier: api"))
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_load_state("load")
    page.locator("main h2").first.scroll_into_view_if_needed()


def _take(page: Page, name: str) -> None:
    page.wait_for_timeout(_QUIET)
    page.screenshot(path=INTO / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()
