"""``ringfence why --flows``: what was really seen, beside the verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.model.flow import Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    flows = [
        seen("10.0.0.12", "10.0.1.10", 5432, times=5, hour=1),
        seen("10.0.0.12", "10.0.1.10", 5432, Outcome.DENIED, times=2),
        seen("10.0.0.12", "10.0.1.10", 9999, times=4),
        seen("10.0.0.12", "10.0.1.10", 8888, Outcome.DENIED, times=1),
        seen("10.0.0.11", "10.0.1.10", 5432, times=1),
    ]
    return store(tmp_path, load_snapshot([shop]), flows), shop


def test_counts_and_the_last_time_of_each_outcome_are_told(files: tuple[str, str]) -> None:
    flows, shop = files
    done = run("why", shop, "shop/api", "data/db-0:5432", "--flows", flows)
    assert done.exit_code == 0
    assert "5432: passed 5 times, last 2026-11-18 12:" in done.stdout
    assert "; denied 2 times, last 2026-11-18 11:" in done.stdout
    assert "disagree" not in done.stdout
    assert "Evidence: hubble" in done.stdout


def test_a_service_is_asked_by_the_port_of_its_pods(files: tuple[str, str]) -> None:
    flows, shop = files
    text = run("why", shop, "shop/api", "service:data/db:80", "--flows", flows).stdout
    assert "TCP 5432: passed 5 times" in text
    assert "9999" not in text


def test_records_that_passed_though_the_policies_deny_disagree(files: tuple[str, str]) -> None:
    flows, shop = files
    done = run("why", shop, "shop/api", "data/db-0:9999", "--flows", flows)
    assert done.exit_code == 1
    assert "The records disagree: TCP 9999 passed until 2026-11-18 11:" in done.stdout
    assert "disagree" not in run("why", shop, "shop/api", "data/db-0:8888", "--flows", flows).stdout


def test_what_was_never_seen_says_so_with_the_evidence(files: tuple[str, str]) -> None:
    flows, shop = files
    text = run("why", shop, "data/db-0", "shop/api:8080", "--flows", flows).stdout
    assert "Seen in the flows:\n  never in this window.\nEvidence: hubble" in text


def test_the_document_follows_its_schema(files: tuple[str, str]) -> None:
    flows, shop = files
    document = check(run("why", shop, "shop/api", "data/db-0:9999", "--flows", flows, "-o", "json").stdout)
    (usage,) = document["flows"]["seen"]
    assert (usage["port"], usage["passed"], usage["denied"]) == (9999, 4, 0)
    assert len(document["flows"]["disagreements"]) == 1
    assert "flows" not in check(run("why", shop, "shop/api", "data/db-0:9999", "-o", "json").stdout)
