"""What viewers may do, what takes an editor, and that it stands in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ringfence.server.settings import Settings
from tests.server.serving import serving, shop
from tests.server.test_api import POLICY, valid

EDITOR = "correct-horse-battery"
VIEWER = "only-to-look-at-things"


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audit") / "audit.jsonl"


@pytest.fixture(scope="module")
def served(trail: Path) -> Iterator[str]:
    with serving(shop(), Settings(token=EDITOR, viewer_token=VIEWER, audit_file=str(trail))) as found:
        yield found


def asking(address: str, token: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.Client(base_url=address, timeout=30, trust_env=False, headers=headers)


@pytest.fixture
def viewer(served: str) -> Iterator[httpx.Client]:
    with asking(served, VIEWER) as found:
        yield found


@pytest.fixture
def editor(served: str) -> Iterator[httpx.Client]:
    with asking(served, EDITOR) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/why", "/findings", "/what-if", "/api/v1/cluster", "/metrics"])
def test_a_viewer_sees_everything_that_is_served(viewer: httpx.Client, path: str) -> None:
    assert viewer.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/audit", "/api/v1/audit"])
def test_the_audit_trail_is_for_editors(viewer: httpx.Client, editor: httpx.Client, path: str) -> None:
    refused = viewer.get(path)
    assert refused.status_code == 403
    assert "role of an editor" in refused.text
    assert editor.get(path).status_code == 200


def test_pages_offer_a_viewer_nothing_that_would_be_refused(viewer: httpx.Client, editor: httpx.Client) -> None:
    assert "/audit" not in viewer.get("/").text
    assert "/audit" in editor.get("/").text


def test_a_proposal_is_noted_with_its_hash_and_outcome_and_not_its_text(
    viewer: httpx.Client, editor: httpx.Client, trail: Path
) -> None:
    # sha256sum of the text
    import hashlib

    digest = hashlib.sha256(POLICY.encode()).hexdigest()
    viewer.post("/what-if", data={"manifests": POLICY})
    editor.post("/api/v1/diff", content=POLICY.encode(), headers={"content-type": "application/yaml"})
    entries = valid(editor.get("/api/v1/audit?limit=2"), "AuditTrail")["entries"]
    assert [(each["action"], each["user"], each["role"]) for each in entries] == [
        ("what if", "token", "editor"),
        ("what if", "viewer token", "viewer"),
    ]
    for each in entries:
        assert each["sha256"] == digest
        assert each["bytes"] == len(POLICY)
        assert each["headline"] == "1 connection added."
        assert each["from"] == "127.0.0.1"
    assert [json.loads(line) for line in trail.read_text().splitlines()[-2:]] == entries[::-1]
    assert "payments-open" not in trail.read_text()
    assert "1 connection added." in editor.get("/audit").text


def test_who_came_in_and_who_was_refused_is_noted_without_the_token(served: str, trail: Path) -> None:
    with httpx.Client(base_url=served, timeout=30, trust_env=False) as reader:
        reader.post("/login", data={"token": "wrong-and-never-to-be-seen"})
        reader.post("/login", data={"token": VIEWER})
        assert "(viewer)" in reader.get("/").text
        reader.post("/logout")
    entries = [json.loads(line) for line in trail.read_text().splitlines()[-3:]]
    assert [each["action"] for each in entries] == ["login refused", "login", "logout"]
    assert entries[1]["user"] == "viewer token"
    text = trail.read_text()
    assert not any(secret in text for secret in (EDITOR, VIEWER, "never-to-be-seen"))


def test_a_tenth_wrong_token_is_the_last_that_is_looked_at() -> None:
    with (
        serving(shop(), Settings(token=EDITOR)) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as guest,
    ):
        for _ in range(5):
            assert guest.post("/login", data={"token": "wrong"}).status_code == 401
            assert guest.get("/", headers={"authorization": "Bearer wrong"}).status_code == 401
        for answer in (
            guest.post("/login", data={"token": EDITOR}),
            guest.get("/api/v1/cluster", headers={"authorization": f"Bearer {EDITOR}"}),
        ):
            assert answer.status_code == 429
            assert 0 < int(answer.headers["retry-after"]) <= 61
        assert guest.get("/healthz").status_code == 200
