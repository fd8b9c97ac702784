"""Who is answered: hosts, sites, tokens, proxies; and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from ringfence.model.errors import QueryError
from ringfence.server.settings import Settings
from tests.server.serving import serving, shop

TOKEN = "correct-horse-battery"


@pytest.fixture(scope="module")
def locked() -> Iterator[str]:
    with serving(shop(), Settings(token=TOKEN)) as found:
        yield found


@pytest.fixture
def stranger(locked: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=locked, timeout=30, trust_env=False) as found:
        yield found


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/cluster", "/nothing", "/openapi.json", "/static/page.css"])
def test_every_answer_forbids_what_comes_from_elsewhere(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_there_is_no_page_that_loads_scripts_from_elsewhere(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "a@127.0.0.1"])
def test_a_name_of_somebody_else_is_not_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/api/v1/cluster", headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "10.1.2.3"])
def test_localhost_and_addresses_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_site_may_not_send_manifests(client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/diff", content=b"x", headers=headers).status_code == 403


def test_its_own_page_may(client: httpx.Client, address: str) -> None:
    headers = {"origin": address, "sec-fetch-site": "same-origin"}
    assert client.post("/api/v1/diff", content=b"x", headers=headers).status_code == 400


@pytest.mark.parametrize("path", ["/api/v1/cluster", "/metrics", "/openapi.json", "/why", "/"])
def test_without_the_token_nothing_is_told(stranger: httpx.Client, path: str) -> None:
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic x"},
        {"cookie": "ringfence_session=9.9"},
    ):
        answer = stranger.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_health_is_told_without_it(stranger: httpx.Client) -> None:
    assert stranger.get("/healthz").status_code == stranger.get("/readyz").status_code == 200


def test_a_program_sends_the_token(stranger: httpx.Client) -> None:
    assert stranger.get("/api/v1/cluster", headers={"authorization": f"bearer {TOKEN}"}).status_code == 200


def test_a_browser_is_sent_to_the_login_and_back(stranger: httpx.Client) -> None:
    sent = stranger.get("/why?source=a&destination=b", headers={"accept": "text/html"})
    assert sent.status_code == 303
    assert sent.headers["location"] == "/login?next=%2Fwhy%3Fsource%3Da%26destination%3Db"
    assert stranger.get(sent.headers["location"]).status_code == 200
    wrong = stranger.post("/login", data={"token": "wrong", "next": "/"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    right = stranger.post("/login", data={"token": TOKEN, "next": "/why?source=a&destination=b"})
    assert (right.status_code, right.headers["location"]) == (303, "/why?source=a&destination=b")
    assert "HttpOnly" in right.headers["set-cookie"]
    assert "SameSite=lax" in right.headers["set-cookie"]
    assert stranger.get("/api/v1/cluster").status_code == 200
    assert stranger.post("/logout").status_code == 303
    assert stranger.get("/api/v1/cluster").status_code == 401


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", ""])
def test_the_login_leads_nowhere_else(stranger: httpx.Client, next_: str) -> None:
    assert stranger.post("/login", data={"token": TOKEN, "next": next_}).headers["location"] == "/"


def test_there_is_no_login_without_a_token(client: httpx.Client) -> None:
    assert client.get("/login").status_code == client.post("/login", data={"token": ""}).status_code == 404


def test_a_proxy_on_this_machine_names_the_user() -> None:
    with (
        serving(shop(), Settings(proxy_header="X-Forwarded-User")) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as proxy,
    ):
        assert proxy.get("/api/v1/cluster").status_code == 401
        assert proxy.get("/api/v1/cluster", headers={"X-Forwarded-User": "ada"}).status_code == 200


@pytest.mark.parametrize("bind", ["0.0.0.0", "192.0.2.1", "::"])
def test_other_machines_are_only_served_where_it_is_known_who_asks(bind: str) -> None:
    with pytest.raises(QueryError, match="name a --token-file, a --trust-proxy-header or an --oidc-issuer"):
        Settings().check_bind(bind)
    Settings(token=TOKEN).check_bind(bind)
    Settings(proxy_header="X-User").check_bind(bind)


def test_loopback_is_served_without() -> None:
    Settings().check_bind("127.0.0.1")
    Settings().check_bind("::1")
    with pytest.raises(QueryError, match="no address"):
        Settings().check_bind("localhost")
