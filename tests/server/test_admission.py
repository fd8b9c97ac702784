"""Who a request is from, and what they may do, where that can't be seen over loopback."""

from __future__ import annotations

import pytest

from ringfence.server.admission import Admission, TooManyTriesError
from ringfence.server.sessions import COOKIE
from ringfence.server.settings import OidcSettings, Settings
from ringfence.server.tries import MOST, WINDOW
from ringfence.server.who import Role, Who

TOKEN = "correct-horse-battery"
VIEWER = "only-to-look-at-things"
ADA = Who("ada", Role.EDITOR, "oidc", "1234")
OIDC = OidcSettings("https://issuer.example", "ringfence")
HERE = "192.0.2.7"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("peer", "known"), [("127.0.0.1", True), ("::1", True), (HERE, False), ("", False)])
def test_only_a_proxy_on_this_machine_is_believed(peer: str, known: bool) -> None:
    who = Admission(Settings(proxy_header="x-user")).who({"x-user": "ada"}, peer)
    assert who == (Who("ada", Role.VIEWER, "proxy") if known else None)


@pytest.mark.parametrize(
    ("groups", "role"),
    [("net-admins", Role.EDITOR), ("dev, net-admins", Role.EDITOR), ("dev", Role.VIEWER), ("", Role.VIEWER)],
)
def test_whom_a_proxy_puts_into_an_editors_group_may_change_something(groups: str, role: Role) -> None:
    settings = Settings(proxy_header="x-user", proxy_groups="x-groups", editor_groups=frozenset({"net-admins"}))
    who = Admission(settings).who({"x-user": "ada", "x-groups": groups}, "127.0.0.1")
    assert who is not None
    assert who.role is role


def test_without_a_named_header_groups_count_for_nothing() -> None:
    settings = Settings(proxy_header="x-user", editor_groups=frozenset({"admins"}))
    who = Admission(settings).who({"x-user": "ada", "": "admins", "x-groups": "admins"}, "127.0.0.1")
    assert who is not None
    assert who.role is Role.VIEWER


def test_each_token_has_its_role() -> None:
    admission = Admission(Settings(token=TOKEN, viewer_token=VIEWER))
    assert admission.who(bearer(TOKEN), HERE) == Who("token", Role.EDITOR, "token")
    assert admission.who(bearer(VIEWER), HERE) == Who("viewer token", Role.VIEWER, "token")
    assert admission.who(bearer("wrong"), HERE) is None
    assert admission.who(bearer(""), HERE) is None


def test_with_a_viewers_token_alone_nobody_may_change_anything() -> None:
    admission = Admission(Settings(viewer_token=VIEWER))
    assert admission.who(bearer(""), HERE) is None
    assert admission.who({}, HERE) is None
    assert admission.who(bearer(VIEWER), HERE) == Who("viewer token", Role.VIEWER, "token")


def test_where_nothing_is_asked_everybody_is_an_editor() -> None:
    assert Admission(Settings()).who({}, "127.0.0.1") == Who("local", Role.EDITOR, "local")


def test_a_session_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(Settings(oidc=OIDC))
    assert admission.who({"cookie": f"{COOKIE}={admission.sessions.begin(ADA)}"}, HERE) == ADA
    monkeypatch.setattr("ringfence.server.sessions.LASTS", -1)
    assert admission.who({"cookie": f"{COOKIE}={admission.sessions.begin(ADA)}"}, HERE) is None


def test_a_copy_of_a_session_is_none_once_its_owner_logged_out() -> None:
    admission = Admission(Settings(oidc=OIDC))
    cookie, other = admission.sessions.begin(ADA), admission.sessions.begin(ADA)
    admission.sessions.end(cookie)
    assert admission.who({"cookie": f"{COOKIE}={cookie}"}, HERE) is None
    assert admission.who({"cookie": f"{COOKIE}={other}"}, HERE) == ADA


def test_a_session_of_another_process_is_none() -> None:
    cookie = f"{COOKIE}={Admission(Settings(token=TOKEN)).sessions.begin(ADA)}"
    assert Admission(Settings(token=TOKEN)).who({"cookie": cookie}, "127.0.0.1") is None


def test_what_is_signed_for_a_login_is_no_session() -> None:
    admission = Admission(Settings(oidc=OIDC))
    fields = {"user": "eve", "role": "editor", "way": "oidc", "sub": "", "jti": "1"}
    login = admission.signed.sign("login", 600, fields)
    assert admission.who({"cookie": f"{COOKIE}={login}"}, HERE) is None


@pytest.mark.parametrize(
    "cookie", ["", "other=1", f"{COOKIE}=", f"{COOKIE}=x", f"{COOKIE}=a.b.c", f"{COOKIE}=9.é", ";;=;", "\x00"]
)
def test_a_cookie_of_nonsense_is_none(cookie: str) -> None:
    assert Admission(Settings(token=TOKEN)).who({"cookie": cookie}, "127.0.0.1") is None


def test_after_ten_wrong_tokens_not_even_the_right_one_is_looked_at_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("ringfence.server.tries.time.monotonic", lambda: now)
    admission = Admission(Settings(token=TOKEN))
    session = {"cookie": f"{COOKIE}={admission.sessions.begin(ADA)}"}
    for _ in range(MOST):
        assert admission.who(bearer("wrong"), HERE) is None
    with pytest.raises(TooManyTriesError) as refused:
        admission.who(bearer(TOKEN), HERE)
    assert 0 < refused.value.seconds <= WINDOW + 1
    assert admission.who(bearer(TOKEN), "192.0.2.8") is not None
    assert admission.who(session, HERE) == ADA
    now += WINDOW + 1
    assert admission.who(bearer(TOKEN), HERE) is not None


def test_one_network_of_ipv6_is_one_place() -> None:
    admission = Admission(Settings(token=TOKEN))
    for number in range(MOST):
        admission.who(bearer("wrong"), f"2001:db8:0:1::{number:x}")
    with pytest.raises(TooManyTriesError):
        admission.who(bearer(TOKEN), "2001:db8:0:1:ffff::1")
    assert admission.who(bearer(TOKEN), "2001:db8:0:2::1") is not None


def test_places_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringfence.server.tries._MOST_PLACES", 3)
    admission = Admission(Settings(token=TOKEN))
    for place in ("a", "b", "c", "d"):
        for _ in range(MOST):
            admission.failed(place)
    admission.check("a")
    with pytest.raises(TooManyTriesError):
        admission.check("d")
