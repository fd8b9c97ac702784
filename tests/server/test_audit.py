"""The file of the audit trail: what is in it, how it grows, and what happens where it can't be written."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from ringfence.model.errors import InputError
from ringfence.server import audit as module
from ringfence.server.audit import Audit
from ringfence.server.settings import Settings
from ringfence.server.who import Role, Who
from tests.server.serving import serving, shop
from tests.server.test_api import POLICY

ADA = Who("ada", Role.EDITOR, "oidc", "1234")


def test_an_entry_is_a_line_of_json_that_nobody_else_may_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    Audit(str(path)).note("suppress", ADA, "192.0.2.1", code="RF203")
    (line,) = path.read_text().splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "action": "suppress",
        "user": "ada",
        "role": "editor",
        "way": "oidc",
        "from": "192.0.2.1",
        "subject": "1234",
        "code": "RF203",
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_name_with_line_breaks_stays_in_its_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    Audit(str(path)).note("login", Who('a\n{"action": "suppress"}' + "x" * 5000, Role.VIEWER, "proxy"), "")
    (line,) = path.read_text().splitlines()
    assert len(json.loads(line)["user"]) == 1000


def test_what_was_written_before_is_shown_after_a_restart_and_a_cut_line_is_not(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for number in range(3):
        trail = Audit(str(path))
        trail.note("what if", ADA, "", bytes=number)
        trail.close()
    with path.open("a") as out:
        out.write('{"time": "2026-')
    assert [each["bytes"] for each in Audit(str(path)).entries()] == [2, 1, 0]


def test_a_full_file_makes_way_and_the_oldest_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    monkeypatch.setattr(module, "KEPT", 2)
    path = tmp_path / "audit.jsonl"
    trail = Audit(str(path))
    for number in range(5):
        trail.note("what if", ADA, "", bytes=number)
    held = {each.name: json.loads(each.read_text())["bytes"] for each in tmp_path.iterdir()}
    assert held == {"audit.jsonl": 4, "audit.jsonl.1": 3, "audit.jsonl.2": 2}


def test_a_file_that_cant_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--audit .* can't be written: Is a directory"):
        Audit(str(tmp_path))


def test_nothing_is_done_that_cant_be_noted(tmp_path: Path) -> None:
    with serving(shop(), Settings(audit_file="/dev/full")) as address:
        answer = httpx.post(f"{address}/what-if", data={"manifests": POLICY}, timeout=30, trust_env=False)
    assert answer.status_code == 503
    assert "audit trail can't be written" in answer.text
    assert "payments-open is new" not in answer.text
