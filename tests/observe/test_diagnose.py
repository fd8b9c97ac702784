"""``ringfence diagnose --flows``: what really happens comes first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringfence.model.flow import Outcome
from ringfence.sources import load_snapshot
from tests.cli.running import run, write
from tests.cli.test_schemas import check
from tests.replay.stores import seen, store

NODE = """\
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.9.0.1}]}
"""
NEEDED = """\
src,dst,protocol,port
shop/StatefulSet/web,data/db-0,TCP,6000
shop/api,data/db-0,TCP,6001
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A shop whose database admits few; api tries 6001 often, nobody tries 6000, and api's 7000 passed before."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    needed = tmp_path / "needed.csv"
    needed.write_text(NEEDED, encoding="utf-8")
    flows = [
        seen("10.0.0.12", "10.0.1.10", 6001, Outcome.DENIED, times=40),
        seen("10.0.0.12", "10.0.1.10", 7000, times=3),
        seen("10.0.0.12", "10.0.1.10", 7000, Outcome.DENIED, times=1, hour=1),
        seen("10.0.0.10", "10.0.1.10", 9999, Outcome.DENIED, times=900),  # which nobody asks for
    ]
    return store(tmp_path, load_snapshot([shop]), flows), shop, str(needed)


def test_what_is_tried_comes_first_and_what_nobody_tried_says_so(files: tuple[str, str, str]) -> None:
    flows, shop, needed = files
    text = run("diagnose", shop, "--wanted", needed, "--flows", flows).stdout
    tried, passed, idle = (text.index(f"data/db-0:{port}") for port in (6001, 7000, 6000))
    assert tried < passed < idle
    assert "(denied 40 times, last 2026-11-18 11:" in text
    assert "; passed 3 times, last 2026-11-18 11:" in text
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


@pytest.fixture
def passing(tmp_path: Path) -> tuple[str, str]:
    """A node's probe of the database, and api's 7000 that passed: today's policy allows neither by its rules."""
    directory = tmp_path / "shop"
    directory.mkdir()
    shop = write(directory)
    (directory / "node.yaml").write_text(NODE, encoding="utf-8")
    flows = [seen("10.9.0.1", "10.0.1.10", 5432, times=30), seen("10.0.0.12", "10.0.1.10", 7000, times=3)]
    return store(tmp_path, load_snapshot([shop]), flows), shop


def test_what_passed_is_never_said_to_be_cut(passing: tuple[str, str]) -> None:
    flows, shop = passing
    document = json.loads(run("diagnose", shop, "--flows", flows, "-o", "json").stdout)
    assert not [loss for problem in document["problems"] for loss in problem["losses"]]
    text = run("diagnose", shop, "--flows", flows).stdout
    assert "10.9.0.1" not in text
    assert "1 connection from a node to a workload that has pods on it, or may have, is taken as" in text


def test_a_need_that_passes_is_a_remark_and_no_cut(passing: tuple[str, str], tmp_path: Path) -> None:
    flows, shop = passing
    needed = tmp_path / "needed.csv"
    needed.write_text("src,dst,protocol,port\nshop/api,data/db-0,TCP,7000\nshop/api,data/db-0,TCP,6001\n")
    without = json.loads(run("diagnose", shop, "--wanted", str(needed), "-o", "json").stdout)
    assert {loss["port"] for problem in without["problems"] for loss in problem["losses"]} == {6001, 7000}
    document = check(run("diagnose", shop, "--wanted", str(needed), "--flows", flows, "-o", "json").stdout)
    assert {loss["port"] for problem in document["problems"] for loss in problem["losses"]} == {6001}
    assert "7000" not in document["problems"][0]["what"]
    (remark,) = (each for each in document["remarks"] if each["topic"] == "not-enforced")
    assert remark["what"] == (
        "1 connection passed in the flows that the policies deny: shop/Pod/api → data/Pod/db-0 TCP 7000."
    )
    assert "RF701" in remark["change"]


def test_what_passes_though_the_policies_deny_it_is_a_disagreement(passing: tuple[str, str]) -> None:
    flows, shop = passing
    text = run("diagnose", shop, "--flows", flows).stdout
    assert "1 connection passed in the flows that the policies deny: shop/Pod/api → data/Pod/db-0 TCP 7000." in text
    assert f"$ ringfence flows denied --store {flows} {shop}" in text
    denied = run("flows", "denied", "--store", flows, shop).stdout
    assert "RF701" in denied
    assert "shop/Pod/api → data/Pod/db-0 TCP 7000, 3 times" in denied


def test_why_knows_a_probe_and_sees_no_disagreement_in_it(passing: tuple[str, str]) -> None:
    flows, shop = passing
    text = run("why", shop, "10.9.0.1", "data/db-0:5432", "--flows", flows).stdout
    assert "TCP 5432: passed 30 times" in text
    assert "disagree" not in text
