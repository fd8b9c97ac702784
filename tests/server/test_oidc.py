"""The login at an issuer of OpenID Connect, and whoever would rather come in without one."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ringfence.server.settings import OidcSettings, Settings
from tests.server.issuer import CLIENT, SECRET, Issuer, issuing
from tests.server.serving import serving, shop

HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def fixed() -> Iterator[tuple[Issuer, str]]:
    """One issuer and one server for all tests: the issuer is put right again before each."""
    with issuing() as issuer:
        oidc = OidcSettings(issuer.url, CLIENT, SECRET)
        with serving(shop(), Settings(oidc=oidc, editor_groups=frozenset({"net-admins"}))) as address:
            yield issuer, address


@pytest.fixture
def issuer(fixed: tuple[Issuer, str], monkeypatch: pytest.MonkeyPatch) -> Issuer:
    found = fixed[0]
    right = Issuer(found.url, found.key, found.published)
    for name in ("algorithm", "kid", "claims", "metadata", "token", "tokens_status"):
        setattr(found, name, getattr(right, name))
    # Refused logins of one test are no reason to refuse those of the next.
    monkeypatch.setattr("ringfence.server.tries.MOST", 1000)
    return found


@pytest.fixture
def reader(fixed: tuple[Issuer, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fixed[1], timeout=30, trust_env=False) as found:
        yield found


def login(reader: httpx.Client, back: str = "/") -> httpx.Response:
    """Goes to the issuer and comes back; the answer to coming back."""
    away = reader.get("/login/issuer", params={"next": back})
    assert away.status_code == 303, away.text
    returned = httpx.get(away.headers["location"], timeout=30, trust_env=False)
    return reader.get(returned.headers["location"], headers=HTML)


def test_a_reader_logs_in_at_the_issuer_and_comes_back_to_where_they_were(reader: httpx.Client, issuer: Issuer) -> None:
    sent = reader.get("/why?source=a&destination=b", headers=HTML)
    assert sent.headers["location"] == "/login?next=%2Fwhy%3Fsource%3Da%26destination%3Db"
    form = reader.get(sent.headers["location"]).text
    assert "/login/issuer?next=/why%3Fsource%3Da%26destination%3Db" in form
    assert 'name="token"' not in form
    back = login(reader, "/why?source=a&destination=b")
    assert (back.status_code, back.headers["location"]) == (303, "/why?source=a&destination=b")
    cookie = next(each for each in back.headers.get_list("set-cookie") if each.startswith("ringfence_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    text = reader.get("/").text
    assert "ada" in text
    assert "(viewer)" in text
    assert reader.get("/audit").status_code == 403
    assert base64.b64decode(issuer.authorizations[-1].removeprefix("Basic ")) == f"{CLIENT}:{SECRET}".encode()
    reader.post("/logout")
    assert reader.get("/api/v1/cluster").status_code == 401


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["dev", "net-admins"], "editor"),
        ("net-admins", "editor"),
        (["dev"], "viewer"),
        ([{"net-admins": 1}], "viewer"),
        ({"net-admins": 1}, "viewer"),
        (7, "viewer"),
    ],
)
def test_groups_of_the_id_token_tell_the_role(reader: httpx.Client, issuer: Issuer, groups: Any, role: str) -> None:
    issuer.claims = {"groups": groups}
    assert login(reader).status_code == 303
    assert f"({role})" in reader.get("/").text


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": None, "email": "ada@example.com"}, "ada@example.com"),
        ({"preferred_username": None}, "248289761001"),
        ({"preferred_username": "<script>x"}, "&lt;script&gt;x"),
        ({"preferred_username": ["a"], "email": 7}, "248289761001"),
    ],
)
def test_the_user_has_the_best_name_that_there_is(
    reader: httpx.Client, issuer: Issuer, claims: dict[str, Any], name: str
) -> None:
    issuer.claims = claims
    assert login(reader).status_code == 303
    assert name in reader.get("/").text


NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://evil.example"}, "from another issuer"),
        ({"iss": ["https://evil.example"]}, "not valid|from another issuer"),
        ({"iss": None}, "not valid"),
        ({"aud": "another-client"}, "for another client"),
        ({"aud": ["another-client"]}, "for another client"),
        ({"aud": [CLIENT, "another-client"]}, "made for another client"),
        ({"aud": [CLIENT, "another-client"], "azp": "another-client"}, "made for another client"),
        ({"azp": "another-client"}, "made for another client"),
        ({"aud": None}, "not valid"),
        ({"exp": NOW - 3600, "iat": NOW - 7200}, "has expired"),
        ({"exp": None}, "not valid"),
        ({"exp": "soon"}, "not valid"),
        ({"iat": NOW + 3600}, "not valid"),
        ({"nbf": NOW + 3600}, "not valid"),
        ({"nonce": "of-another-login"}, "from another login"),
        ({"nonce": None}, "from another login"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "names nobody"),
    ],
)
def test_an_id_token_that_is_not_for_this_login_is_refused(
    reader: httpx.Client, issuer: Issuer, claims: dict[str, Any], said: str
) -> None:
    issuer.claims = claims
    answer = login(reader)
    assert answer.status_code == 401
    assert any(each in answer.text for each in said.split("|"))
    assert reader.get("/api/v1/cluster").status_code == 401


def test_two_audiences_are_fine_if_the_token_was_made_for_this_client(reader: httpx.Client, issuer: Issuer) -> None:
    issuer.claims = {"aud": [CLIENT, "another-client"], "azp": CLIENT}
    assert login(reader).status_code == 303


def test_a_token_without_a_signature_is_refused(reader: httpx.Client, issuer: Issuer) -> None:
    issuer.algorithm = "none"
    answer = login(reader)
    assert answer.status_code == 401
    assert "no signature that is believed" in answer.text


def test_the_public_key_is_no_shared_secret(
    reader: httpx.Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The confusion of RS256 and HS256: RFC 8725, 2.1. PyJWT doesn't sign so, and it is signed by hand.
    import hashlib
    import hmac

    pem = issuer.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def forged(asked: dict[str, str]) -> str:
        claims = {"iss": issuer.url, "sub": "eve", "aud": CLIENT, "iat": NOW, "exp": NOW + 3600}
        parts = [{"alg": "HS256", "kid": "1"}, {**claims, "nonce": asked["nonce"]}]
        text = b".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in parts)
        signature = base64.urlsafe_b64encode(hmac.new(pem, text, hashlib.sha256).digest()).rstrip(b"=")
        return (text + b"." + signature).decode()

    monkeypatch.setattr(issuer, "id_token", forged)
    assert "no signature that is believed" in login(reader).text


@pytest.mark.parametrize("kid", ["1", None, "unknown"])
def test_a_token_signed_with_another_key_is_refused(reader: httpx.Client, issuer: Issuer, kid: str | None) -> None:
    right, issuer.key, issuer.kid = issuer.key, rsa.generate_private_key(public_exponent=65537, key_size=2048), kid
    answer = login(reader)
    issuer.key = right
    assert answer.status_code == 401
    assert "not valid" in answer.text or "doesn&#39;t publish" in answer.text


@pytest.mark.parametrize("token", ["", "a.b.c", "é", "x" * 5000])
def test_what_is_no_token_is_refused(reader: httpx.Client, issuer: Issuer, token: str) -> None:
    issuer.token = token
    assert login(reader).status_code == 401


def test_the_answer_to_a_login_of_somebody_else_is_refused(reader: httpx.Client, issuer: Issuer, fixed: Any) -> None:
    # Login CSRF (RFC 6749, 10.12): an attacker's code, put into the browser of another.
    with httpx.Client(base_url=fixed[1], timeout=30, trust_env=False) as attacker:
        away = attacker.get("/login/issuer")
        planted = httpx.get(away.headers["location"], timeout=30, trust_env=False).headers["location"]
    answer = reader.get(planted)
    assert answer.status_code == 401
    assert "began no login" in answer.text
    reader.get("/login/issuer")
    answer = reader.get(planted)
    assert answer.status_code == 401
    assert "answer to another login" in answer.text


def test_a_login_is_answered_once(reader: httpx.Client, issuer: Issuer) -> None:
    away = reader.get("/login/issuer")
    back = httpx.get(away.headers["location"], timeout=30, trust_env=False).headers["location"]
    assert reader.get(back).status_code == 303
    assert reader.get(back).status_code == 401


def test_an_issuer_that_refuses_is_told_and_its_words_are_text(reader: httpx.Client, issuer: Issuer) -> None:
    away = reader.get("/login/issuer")
    state = httpx.URL(away.headers["location"]).params["state"]
    answer = reader.get("/login/callback", params={"state": state, "error": "<script>denied"})
    assert answer.status_code == 401
    assert "The issuer refused: &lt;script&gt;denied." in answer.text


def test_the_answer_of_another_issuer_is_refused(reader: httpx.Client, issuer: Issuer) -> None:
    away = reader.get("/login/issuer")
    state = httpx.URL(away.headers["location"]).params["state"]
    answer = reader.get("/login/callback", params={"state": state, "code": "x", "iss": "https://evil.example"})
    assert "the answer of another issuer" in answer.text


@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example"])
def test_the_login_leads_nowhere_else(reader: httpx.Client, issuer: Issuer, back: str) -> None:
    assert login(reader, back).headers["location"] == "/"


def test_a_new_key_of_the_issuer_is_asked_for(
    reader: httpx.Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert login(reader).status_code == 303
    monkeypatch.setattr("ringfence.server.oidc._KEYS_AGAIN", 0.0)
    issuer.publish("2")
    assert login(reader).status_code == 303
    asked = issuer.keys_asked
    monkeypatch.setattr("ringfence.server.oidc._KEYS_AGAIN", 10.0)
    issuer.publish("3")
    assert login(reader).status_code == 401  # and not each wrong token makes this server ask
    assert issuer.keys_asked == asked
    monkeypatch.setattr("ringfence.server.oidc._KEYS_AGAIN", 0.0)
    assert login(reader).status_code == 303
    issuer.publish("1")
    login(reader)


def test_keys_for_other_uses_are_passed_over(
    reader: httpx.Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringfence.server.oidc._FRESH", 0.0)
    published = list(issuer.published)
    issuer.published += [{"kty": "oct", "k": "c2VjcmV0", "kid": "1", "use": "enc"}, {"kty": "new"}]
    issuer.published.append("text")  # type: ignore[arg-type]  # what an issuer should not send
    assert login(reader).status_code == 303
    issuer.published = published


def test_a_secret_goes_into_the_form_where_the_issuer_takes_it_there_only(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    for secret in (SECRET, ""):
        oidc = OidcSettings(issuer.url, CLIENT, secret)
        with (
            serving(shop(), Settings(oidc=oidc, public_url="http://localhost:1/")) as address,
            httpx.Client(base_url=address, timeout=30, trust_env=False) as reader,
        ):
            away = reader.get("/login/issuer")
            asked = httpx.URL(away.headers["location"]).params
            assert asked["redirect_uri"] == "http://localhost:1/login/callback"
            assert asked["code_challenge_method"] == "S256"
            assert asked["scope"] == "openid profile email"
            returned = httpx.get(away.headers["location"], timeout=30, trust_env=False).headers["location"]
            assert reader.get(f"/login/callback?{httpx.URL(returned).query.decode()}").status_code == 303
        assert issuer.authorizations[-1] == ""


def test_behind_a_proxy_with_https_cookies_are_secure_and_its_pages_are_its_own(issuer: Issuer) -> None:
    settings = Settings(oidc=OidcSettings(issuer.url, CLIENT), public_url="https://rf.example")
    with (
        serving(shop(), settings) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False, headers={"host": "rf.example"}) as reader,
    ):
        away = reader.get("/login/issuer")
        assert "Secure" in away.headers["set-cookie"]
        assert reader.post("/logout", headers={"origin": "https://rf.example"}).status_code != 403
        assert reader.post("/logout", headers={"origin": "http://rf.example", "host": "10.1.1.1"}).status_code == 403


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"issuer": "https://evil.example"}, "calls itself by another name"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "names no safe authorization_endpoint"),
        ({"authorization_endpoint": None}, "names no safe authorization_endpoint"),
    ],
)
def test_an_issuer_that_cant_be_right_is_told_on_the_page(issuer: Issuer, metadata: dict[str, Any], said: str) -> None:
    issuer.metadata = metadata
    with serving(shop(), Settings(oidc=OidcSettings(issuer.url, CLIENT))) as address:
        answer = httpx.get(f"{address}/login/issuer", timeout=30, trust_env=False)
    assert answer.status_code == 502
    assert said in answer.text


def test_an_issuer_that_cant_be_reached_is_told_and_the_server_runs() -> None:
    oidc = OidcSettings("http://127.0.0.1:1", CLIENT)
    with serving(shop(), Settings(oidc=oidc)) as address:
        answer = httpx.get(f"{address}/login/issuer", timeout=30, trust_env=False)
        assert answer.status_code == 502
        assert "can&#39;t be reached: ConnectError" in answer.text
        assert httpx.get(f"{address}/healthz", timeout=30, trust_env=False).status_code == 200


def test_a_code_that_the_issuer_takes_back_is_no_login(reader: httpx.Client, issuer: Issuer) -> None:
    issuer.tokens_status = 500
    assert "answered with status 500" in login(reader).text


def test_an_issuer_without_a_usable_key_is_refused() -> None:
    with issuing() as issuer:
        issuer.published = [replace_kid(issuer.published[0], "other"), replace_kid(issuer.published[0], "another")]
        with (
            serving(shop(), Settings(oidc=OidcSettings(issuer.url, CLIENT))) as address,
            httpx.Client(base_url=address, timeout=30, trust_env=False) as reader,
        ):
            assert "doesn&#39;t publish" in login(reader).text


def replace_kid(key: dict[str, Any], kid: str) -> dict[str, Any]:
    return {**key, "kid": kid}
