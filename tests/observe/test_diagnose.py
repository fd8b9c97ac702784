"""``ringfence diagnose --flows``: what really happens comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringfence.model.flow import Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store

NEEDED = """\
src,dst,protocol,port
shop/StatefulSet/web,data/db-0,TCP,6000
shop/api,data/db-0,TCP,6001
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A shop whose database admits few; api tries 6001 often, nobody tries 6000, and cart's 7000 passed before."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    needed = tmp_path / "needed.csv"
    needed.write_text(NEEDED, encoding="utf-8")
    flows = [
        seen("10.0.0.12", "10.0.1.10", 6001, Outcome.DENIED, times=40),
        seen("10.0.0.12", "10.0.1.10", 7000, times=3),
        seen("10.0.0.10", "10.0.1.10", 9999, Outcome.DENIED, times=900),  # which nobody asks for
    ]
    return store(tmp_path, load_snapshot([shop]), flows), shop, str(needed)


def test_what_is_tried_comes_first_and_what_nobody_tried_says_so(files: tuple[str, str, str]) -> None:
    flows, shop, needed = files
    text = run("diagnose", shop, "--wanted", needed, "--flows", flows).stdout
    tried, passed, idle = (text.index(f"data/db-0:{port}") for port in (6001, 7000, 6000))
    assert tried < passed < idle
    assert "(denied 40 times, last 2026-11-18 11:" in text
    assert "(passed 3 times, last 2026-11-18 11:" in text
    assert "(never tried in the flows)" in text
    assert "9999" not in text
    assert "Evidence: hubble" in text


def test_the_document_follows_its_schema(files: tuple[str, str, str]) -> None:
    flows, shop, needed = files
    document = check(run("diagnose", shop, "--wanted", needed, "--flows", flows, "-o", "json").stdout)
    losses = [loss for problem in document["problems"] for loss in problem["losses"]]
    assert {loss["port"] for loss in losses if "seen" in loss} >= {6000, 6001, 7000}
    assert document["evidence"][0].startswith("Evidence: hubble")
    plain = check(run("diagnose", shop, "--wanted", needed, "-o", "json").stdout)
    assert "evidence" not in plain
    assert not [loss for problem in plain["problems"] for loss in problem["losses"] if "seen" in loss]


@pytest.mark.parametrize("output", ["md", "html"])
def test_every_format_states_the_evidence(files: tuple[str, str, str], output: str) -> None:
    flows, shop, _ = files
    done = run("diagnose", shop, "--flows", flows, "-o", output)
    assert "Evidence: hubble" in done.stdout
