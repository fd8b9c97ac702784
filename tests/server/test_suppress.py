"""Findings are suppressed by editors, with a reason, for a time; and it is said how to do it in the repository."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ringfence.model.errors import InputError
from ringfence.server.settings import Settings
from ringfence.server.source import Loaded
from ringfence.server.suppress import Suppressions
from tests.cli.running import run
from tests.server.serving import SHOP, serving, shop

EDITOR, VIEWER = "correct-horse-battery", "only-to-look-at-things"
POLICY = "payments/NetworkPolicy/payments"
ASKED = {"code": "RF203", "about": POLICY, "reason": "its callers come in January", "owner": "team-pay"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "suppressions.yaml"


@pytest.fixture
def address(file: Path) -> Iterator[str]:
    settings = Settings(
        token=EDITOR, viewer_token=VIEWER, suppressions_file=str(file), audit_file=str(file.with_name("audit"))
    )
    with serving(shop(), settings) as found:
        yield found


def client(address: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, trust_env=False, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def editor(address: str) -> Iterator[httpx.Client]:
    with client(address, EDITOR) as found:
        yield found


@pytest.fixture
def viewer(address: str) -> Iterator[httpx.Client]:
    with client(address, VIEWER) as found:
        yield found


def test_a_finding_is_suppressed_and_taken_back(editor: httpx.Client, file: Path) -> None:
    before = editor.get("/api/v1/findings").json()["summary"]
    assert editor.post("/findings/suppress", data=ASKED).headers["location"] == "/findings#lint"
    report = editor.get("/api/v1/findings").json()
    (aside,) = report["suppressed"]
    assert (aside["finding"]["code"], aside["reason"], aside["owner"]) == ("RF203", ASKED["reason"], "team-pay")
    assert report["summary"]["suppressed"] == before["suppressed"] + 1
    text = editor.get("/findings").text
    assert "Suppressed (1)" in text
    assert "By token" in text
    # The command line reads the same file.
    ran = run("lint", str(SHOP), "-o", "json", "--suppressions", str(file))
    assert [each["finding"]["code"] for each in json.loads(ran.stdout)["suppressed"]] == ["RF203"]
    assert editor.post("/findings/take-back", data={"code": "RF203", "about": POLICY}).status_code == 303
    assert editor.get("/api/v1/findings").json()["summary"] == before
    trail = [json.loads(line) for line in file.with_name("audit").read_text().splitlines()]
    assert [(each["action"], each["object"]) for each in trail] == [("suppress", POLICY), ("take back", POLICY)]
    assert trail[0]["reason"] == ASKED["reason"]


def test_viewers_suppress_nothing_and_arent_offered_it(viewer: httpx.Client, editor: httpx.Client, file: Path) -> None:
    for path in ("/findings/suppress", "/findings/take-back"):
        assert viewer.post(path, data=ASKED).status_code == 403
    assert viewer.get("/findings/suppress", params=ASKED).status_code == 403
    assert not file.exists()
    trail = [json.loads(line) for line in file.with_name("audit").read_text().splitlines()]
    assert [(each["action"], each["method"], each["path"], each["user"]) for each in trail[:1]] == [
        ("refused", "POST", "/findings/suppress", "viewer token")
    ]
    assert "Suppress…" not in viewer.get("/findings").text
    assert "Suppress…" in editor.get("/findings").text
    editor.post("/findings/suppress", data=ASKED)
    assert "Suppressed (1)" in viewer.get("/findings").text
    assert "Take back" not in viewer.get("/findings").text


def test_it_is_shown_as_the_change_of_the_manifest(editor: httpx.Client) -> None:
    text = editor.get("/findings/suppress", params={**ASKED, "until": "2099-12-31"}).text
    annotation = "RF203: its callers come in January (owner team-pay, until 2099-12-31)"
    assert f"ringfence.dev/ignore: {annotation!r}".replace("'", "&#39;") in text or annotation in text
    assert "+++ " in text
    assert "kubectl annotate --overwrite networkpolicy.v1.networking.k8s.io payments -n payments" in text


def test_what_it_shows_suppresses_where_it_is_written(editor: httpx.Client, tmp_path: Path) -> None:
    copy = tmp_path / "shop"
    shutil.copytree(SHOP, copy)
    with serving(Loaded([str(copy)])) as address:
        text = httpx.get(f"{address}/findings/suppress", params=ASKED, timeout=30, trust_env=False).text
    (shown,) = re.findall(r'<pre class="diff"[^>]*>(.*?)</pre>', text, re.DOTALL)
    change = html.unescape(re.sub(r"</?span[^>]*>", "", shown)) + "\n"
    subprocess.run(["patch", "-p0"], cwd="/", input=change.encode(), check=True, capture_output=True)
    ran = run("lint", str(copy), "-o", "json")
    assert [each["reason"] for each in json.loads(ran.stdout)["suppressed"]] == [ASKED["reason"]]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"reason": " "}, 400, "Say why it is meant"),
        ({"reason": "a; RF999: b"}, 400, "can&#39;t have a"),
        ({"reason": "x" * 301}, 400, "at most 300 characters"),
        ({"owner": "a) b"}, 400, "owner can&#39;t have a"),
        ({"reason": "a\u202eb"}, 400, "one line"),
        ({"until": "soon"}, 400, "is no date"),
        ({"until": "2020-01-01"}, 400, "has passed"),
        ({"code": "RF999"}, 404, "no such finding"),
        ({"about": "payments/NetworkPolicy/nope"}, 404, "no such finding"),
        ({"about": "../../etc/passwd"}, 404, "no such finding"),
    ],
)
def test_what_no_annotation_could_say_is_refused(
    editor: httpx.Client, file: Path, change: dict[str, str], status: int, said: str
) -> None:
    answer = editor.post("/findings/suppress", data={**ASKED, **change}, headers={"accept": "text/html"})
    assert answer.status_code == status
    assert said in answer.text
    assert not file.exists()


def test_an_expired_one_comes_back(editor: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    editor.post("/findings/suppress", data={**ASKED, "until": "2099-12-31"})
    assert "Suppressed (1)" in editor.get("/findings").text
    monkeypatch.setattr("ringfence.server.suppress.today", lambda: dt.date(2100, 1, 1))
    text = editor.get("/findings").text
    assert "Suppressed (1)" not in text
    assert "the suppression of RF203 ended on 2099-12-31" in text


def test_without_a_file_it_is_shown_how_and_nothing_is_kept() -> None:
    with serving(shop()) as address, httpx.Client(base_url=address, timeout=30, trust_env=False) as reader:
        text = reader.get("/findings/suppress", params=ASKED).text
        assert "its callers come in January" in text
        assert "Keep it here" not in text
        assert reader.post("/findings/suppress", data=ASKED).status_code == 404


def test_the_file_may_be_changed_by_others_and_a_broken_one_counts_no_less(editor: httpx.Client, file: Path) -> None:
    entry = f"- {{code: RF203, object: {POLICY}, reason: by hand}}\n"
    file.write_text(f"apiVersion: ringfence.dev/v1\nkind: Suppressions\nsuppressions:\n{entry}")
    assert "by hand" in editor.get("/findings").text
    file.write_text("apiVersion: ringfence.dev/v1\nkind: Suppressions\nsuppressions: 7\n")
    text = editor.get("/findings").text
    assert "can't be read, and what it had before still counts" in text
    assert "by hand" in text
    answer = editor.post(
        "/findings/suppress", data=ASKED | {"code": "RF206", "about": "payments/NetworkPolicy/allow-dns"}
    )
    assert answer.status_code == 503
    assert file.read_text().endswith("7\n")


def test_a_broken_file_is_told_at_the_start(file: Path) -> None:
    file.write_text("apiVersion: ringfence.dev/v1\nkind: Suppressions\n")
    with pytest.raises(InputError, match=r"--suppressions .* need a list"):
        Suppressions(str(file))


def test_a_file_that_cant_be_written_is_told(tmp_path: Path) -> None:
    settings = Settings(suppressions_file=str(tmp_path / "no" / "such" / "file"))
    with serving(shop(), settings) as address:
        answer = httpx.post(f"{address}/findings/suppress", data=ASKED, timeout=30, trust_env=False)
    assert answer.status_code == 503
    assert "can't be written" in answer.json()["detail"]
