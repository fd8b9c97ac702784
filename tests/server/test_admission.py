"""Who a request is from, where that can't be seen over loopback."""

from __future__ import annotations

import pytest

from ringfence.server.admission import COOKIE, Admission
from ringfence.server.settings import Settings

TOKEN = "correct-horse-battery"


@pytest.mark.parametrize(("peer", "user"), [("127.0.0.1", "ada"), ("::1", "ada"), ("192.0.2.7", ""), ("", "")])
def test_only_a_proxy_on_this_machine_is_believed(peer: str, user: str) -> None:
    assert Admission(Settings(proxy_header="x-user")).user({"x-user": "ada"}, peer) == user


def test_a_session_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(Settings(token=TOKEN))
    headers = {"cookie": f"{COOKIE}={admission.session()}"}
    assert admission.user(headers, "192.0.2.7") == "token"
    monkeypatch.setattr("ringfence.server.admission.LASTS", -1)
    assert admission.user({"cookie": f"{COOKIE}={admission.session()}"}, "192.0.2.7") == ""


def test_a_session_of_another_process_is_none() -> None:
    cookie = f"{COOKIE}={Admission(Settings(token=TOKEN)).session()}"
    assert Admission(Settings(token=TOKEN)).user({"cookie": cookie}, "127.0.0.1") == ""


@pytest.mark.parametrize(
    "cookie", ["", "other=1", f"{COOKIE}=", f"{COOKIE}=x", f"{COOKIE}=9999999999.é", ";;=;", "\x00"]
)
def test_a_cookie_of_nonsense_is_none(cookie: str) -> None:
    assert Admission(Settings(token=TOKEN)).user({"cookie": cookie}, "127.0.0.1") == ""
