"""The login through a provider that isn't ours: oidc-provider-mock, which is Authlib's, as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from ringfence.server.settings import OidcSettings, Settings
from tests.render.test_html_browser import CHROMIUM, QUIET
from tests.server.serving import serving, shop

USERS = (
    {"sub": "1001", "preferred_username": "ada", "groups": ["net-admins"]},
    {"sub": "1002", "preferred_username": "bob", "groups": ["dev"]},
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("oidc-provider-mock")),
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    users = [part for user in USERS for part in ("--user-claims", json.dumps(user))]
    with subprocess.Popen(
        [*command, *users],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    ) as process:
        end, url = time.monotonic() + 30, f"http://127.0.0.1:{port}"
        while True:
            try:
                httpx.get(url, trust_env=False)
                break
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.1)
        yield url
        process.terminate()


@pytest.fixture(scope="module")
def address(issuer: str) -> Iterator[str]:
    oidc = OidcSettings(issuer, "ringfence", "secret")
    with serving(shop(), Settings(oidc=oidc, editor_groups=frozenset({"net-admins"}))) as found:
        yield found


@pytest.mark.parametrize(("sub", "shown", "may"), [("1001", "ada", 200), ("1002", "bob", 403)])
def test_users_of_a_provider_have_their_roles(address: str, sub: str, shown: str, may: int) -> None:
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as reader:
        away = reader.get("/login/issuer", params={"next": "/why"}).headers["location"]
        back = httpx.post(away, data={"sub": sub}, timeout=30, trust_env=False).headers["location"]
        assert reader.get(back).headers["location"] == "/why"
        assert shown in reader.get("/why").text
        assert reader.get("/audit").status_code == may


def test_a_refusal_at_the_provider_is_told(address: str) -> None:
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as reader:
        away = reader.get("/login/issuer").headers["location"]
        denied = httpx.post(away, data={"action": "deny"}, timeout=30, trust_env=False).headers["location"]
        # This provider leaves the state out of a refusal (RFC 6749, 4.1.2.1 has it there): no login, either way.
        assert reader.get(denied).status_code == 401


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
def test_in_a_browser_the_login_leads_to_the_page_that_was_asked_for_and_out_again(address: str) -> None:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(QUIET))
        page = chromium.new_context(base_url=address).new_page()
        page.goto("/findings?severity=error")
        page.get_by_role("link", name="Log in with").click()
        page.get_by_role("button", name="1001").click()
        page.wait_for_url("**/findings?severity=error")
        expect(page.get_by_role("banner")).to_contain_text("ada (editor)")
        page.get_by_role("link", name="Audit trail").click()
        expect(page.get_by_role("table")).to_contain_text("login")
        page.get_by_role("button", name="Log out").click()
        page.goto("/")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        chromium.close()
