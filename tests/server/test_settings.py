"""What can't be meant is refused before anything is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.model.errors import QueryError
from ringfence.server.settings import OidcSettings, Settings, read_secret

TOKEN = "correct-horse-battery"


@pytest.mark.parametrize(
    "issuer",
    [
        "https://id.example/realms/a",
        "https://id.example:8443",
        "http://localhost:9400",
        "http://[::1]:1",
        "http://127.0.0.2",
    ],
)
def test_an_issuer_is_asked_by_https_or_on_this_machine(issuer: str) -> None:
    Settings(oidc=OidcSettings(issuer, "ringfence")).check()


@pytest.mark.parametrize(
    ("issuer", "said"),
    [
        ("http://id.example", "must begin with https://"),
        ("http://localhost.evil.example", "must begin with https://"),
        ("ftp://id.example", "no address"),
        ("id.example", "no address"),
        ("https://", "no address"),
        ("https://[", "no address"),
        ("https://id.example:99999", "no address"),
        ("https://user:pass@id.example", "no address"),
        ("https://id.example/?a=b", "no query"),
        ("https://id.example/#a", "no query and no fragment"),
    ],
)
def test_another_is_refused(issuer: str, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        Settings(oidc=OidcSettings(issuer, "ringfence")).check()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(oidc=OidcSettings("https://id.example", "")), "needs --oidc-client-id"),
        (Settings(token=TOKEN, viewer_token=TOKEN), "hold the same token"),
        (Settings(proxy_groups="x-groups"), "goes with --trust-proxy-header only"),
        (Settings(proxy_header="x-user", editor_groups=frozenset({"a"})), "--editor-group needs groups"),
        (Settings(token=TOKEN, editor_groups=frozenset({"a"})), "--editor-group needs groups"),
        (Settings(public_url="https://rf.example/ringfence"), "must have no path"),
        (Settings(public_url="rf.example"), "--public-url rf.example is no address"),
    ],
)
def test_settings_that_would_do_nothing_are_refused(settings: Settings, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        settings.check()


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(token=TOKEN, viewer_token="x" * 20, oidc=OidcSettings("https://a.example", "b", "s3cret")))
    assert not any(secret in shown for secret in (TOKEN, "x" * 20, "s3cret"))


def test_the_servers_public_name_is_answered() -> None:
    settings = Settings(public_url="https://RF.example:8443/")
    assert settings.answers_to("rf.example:8443")
    assert not settings.answers_to("other.example")
    assert settings.is_own_origin("https://rf.example", "rf.example")
    assert not settings.is_own_origin("https://evil.example", "rf.example")


@pytest.mark.parametrize("text", ["", "short", "two words of it here", "é" * 20, "x" * 5000])
def test_a_secret_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secret"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(QueryError, match="--viewer-token-file"):
        read_secret("--viewer-token-file", str(path))


def test_a_secret_of_a_client_may_be_short(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("abc\n", encoding="ascii")
    assert read_secret("--oidc-client-secret-file", str(path), shortest=1) == "abc"
