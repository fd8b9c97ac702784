"""Incident 6: denies are invisible, and on-call is paged by "connection refused" that goes away."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ringfence.simulate import Closed, Plan
from ringfence.simulate.truth import moment
from tests.incidents.states import INCIDENTS, paths
from tests.incidents.traffic import Recorded, recorded

PLACE = "06-invisible-denies/policy-change"
CHANGED, CLOSED = 3, 4
PLAN = Plan(
    seed=6,
    hours=6,
    rate=40,
    random_calls=0,
    random_names=0,
    rollouts=0,
    scanners=0,
    closed=(Closed("shop/Deployment/pricing", 8080, CLOSED),),
)
"""A policy changes in the third hour; from the fourth on nothing listens at pricing."""


def at(hours: float) -> str:
    return moment(PLAN.start + hours * 3600)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The cluster before the change and after it."""
    root = tmp_path_factory.mktemp("snapshots")
    for state in ("before", "broken"):
        shutil.copytree(INCIDENTS / PLACE / "cluster", root / state)
        shutil.copytree(INCIDENTS / PLACE / state, root / state, dirs_exist_ok=True)
    return [f"--snapshots={root / 'before'}@{at(0)}", f"--snapshots={root / 'broken'}@{at(CHANGED)}"]


def happened(tmp_path: Path, log_format: str) -> Recorded:
    return recorded(PLACE, [(0, "before"), (CHANGED, "broken")], PLAN, tmp_path, log_format=log_format)


def rows(answer: dict[str, Any], ending: str) -> list[dict[str, Any]]:
    return [row for row in answer["connections"] if row["ending"] == ending]


@pytest.mark.parametrize("log_format", ["hubble", "calico"])
def test_who_is_denied_by_what_since_when_and_what_changed_before(
    log_format: str, tmp_path: Path, snapshots: list[str]
) -> None:
    flows = happened(tmp_path, log_format)
    answer = flows.document("denied", *paths(PLACE, "broken"), *snapshots)
    (row,) = rows(answer, "dropped")
    assert (row["source"], row["destination"], row["port"]) == (
        "shop/Deployment/orders",
        "shop/Deployment/inventory",
        8080,
    )
    # The change is at three o'clock; Calico's records are of five minutes.
    assert at(CHANGED)[:16] <= row["first"][:16] <= at(CHANGED + 0.2)[:16]
    assert at(CHANGED - 0.5) < row["workedUntil"] < at(CHANGED)
    (reason,) = row["verdict"]["reasons"]
    assert reason["policy"] == "shop/NetworkPolicy/inventory"
    assert reason["origin"]["file"].endswith("broken/policies.yaml")
    (change,) = row["changes"]
    assert change["policy"] == "shop/NetworkPolicy/inventory"
    # moment() writes microseconds, the answer none.
    assert (change["after"][:19], change["before"][:19]) == (at(0)[:19], at(CHANGED)[:19])


def test_nothing_listening_is_told_from_a_drop(tmp_path: Path, snapshots: list[str]) -> None:
    flows = happened(tmp_path, "netobserv")
    answer = flows.document("denied", *paths(PLACE, "broken"), *snapshots)
    (dropped,) = rows(answer, "dropped")
    assert dropped["destination"] == "shop/Deployment/inventory"
    silent = rows(answer, "not-listening")
    assert {row["destination"] for row in silent} == {"shop/Deployment/pricing"}
    assert all(row["first"] >= at(CLOSED)[:19] for row in silent)


def test_a_reset_is_told_from_a_drop_by_tcp_flags(tmp_path: Path, snapshots: list[str]) -> None:
    flows = happened(tmp_path, "hubble")
    answer = flows.document("denied", *paths(PLACE, "broken"), *snapshots)
    (dropped,) = rows(answer, "dropped")
    assert dropped["destination"] == "shop/Deployment/inventory"
    resets = rows(answer, "reset")
    assert {row["destination"] for row in resets} == {"shop/Deployment/pricing"}
    (reset,) = (row for row in resets if row["source"] == "shop/Deployment/orders")
    assert reset["first"] >= at(CLOSED)[:19]
    (true,) = (
        edge
        for key, edge in flows.truth.edges.items()
        if (key.source, key.destination) == ("shop/Deployment/orders", "shop/Deployment/pricing")
    )
    assert reset["connections"] == true.count - true.answered > 0


def test_a_reject_is_told_from_a_drop(tmp_path: Path) -> None:
    flows = recorded(PLACE, [(0, "broken")], replace(PLAN, reject=True, closed=()), tmp_path, log_format="antrea-np")
    answer = flows.document("denied", *paths(PLACE, "broken"))
    assert rows(answer, "dropped") == []
    assert {row["destination"] for row in rows(answer, "rejected")} == {"shop/Deployment/inventory"}


def test_the_timeline_shows_the_change_between_the_hours(tmp_path: Path, snapshots: list[str]) -> None:
    told = happened(tmp_path, "hubble").ask("timeline", "-n", "shop", *snapshots)
    assert "NetworkPolicy shop/inventory is changed" in told
    before, _, after = told.partition("NetworkPolicy shop/inventory is changed")
    assert "2026-11-16 02:00" in before
    assert "2026-11-16 04:00" in after


def test_after_the_fix_nobody_is_denied(tmp_path: Path) -> None:
    flows = recorded(PLACE, [(0, "broken"), (CHANGED, "fixed")], PLAN, tmp_path)
    answer = flows.document("denied", *paths(PLACE, "fixed"))
    (row,) = rows(answer, "dropped")
    assert at(CHANGED)[:19] <= row["worksSince"] < at(CHANGED + 0.5)


def test_a_node_that_does_not_enforce_shows_as_a_disagreement(tmp_path: Path) -> None:
    """The policies deny, the records of one node say that it passed."""
    plan = replace(PLAN, closed=(), not_enforced=frozenset({"node-2"}))
    flows = recorded(PLACE, [(0, "broken")], plan, tmp_path)
    true = [key for key in flows.truth.edges if key.destination == "shop/Deployment/inventory"]
    passed = {key.outcome.value for key in true if key.source == "shop/Deployment/orders"}
    assert passed == {"allowed", "denied"}
    answer = flows.document("denied", *paths(PLACE, "broken"), "--fail-on", "disagreement", status=1)
    assert answer["disagreements"]
    assert any("inventory" in json.dumps(finding) for finding in answer["disagreements"])
