"""Replay and denials over simulated traffic, from the logs that it leaves, held to what really happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.cluster import Cluster, load
from ringfence.explain.recorded_names import names_of
from ringfence.model.flow import Outcome
from ringfence.observe import Ending, Moment, denied
from ringfence.replay import Fate, replay
from ringfence.simulate import Plan, Simulation, simulate
from tests.cli.running import run
from tests.docs.paths import ROOT
from tests.simulate.reading import ReadAgain, read_again

SHOP = str(ROOT / "examples" / "shop")
PROPOSED = str(ROOT / "examples" / "replay" / "proposed.yaml")
PLAN = Plan(seed=11, hours=4, rate=8, rollouts=6)

Called = tuple[str, str, str, int]


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return load(SHOP)


@pytest.fixture(scope="module")
def simulation(cluster: Cluster) -> Simulation:
    return simulate(cluster.snapshot, cluster.engine, PLAN)


@pytest.fixture(scope="module")
def logs(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> ReadAgain:
    return read_again(simulation, "hubble", tmp_path_factory.mktemp("logs"))


def true_calls(logs: ReadAgain, outcome: Outcome) -> set[Called]:
    """What really happened between workloads."""
    return {
        (key.source, key.destination, key.protocol, key.port)
        for key in logs.written.truth.edges
        if key.outcome is outcome and key.source.count("/") == key.destination.count("/") == 2
    }


def test_what_is_cut_is_what_really_passed_and_the_proposed_policies_deny(cluster: Cluster, logs: ReadAgain) -> None:
    snapshot = replace(cluster.snapshot, policies=load(PROPOSED).snapshot.policies)
    under = Cluster(snapshot, names=names_of(logs.edges.parties, logs.edges.coverage))
    report = replay(logs.edges, under.snapshot, under.policies, cluster.policies)
    found = {(row.source.name, row.destination.name, str(row.protocol), row.port) for row in report.of(Fate.CUT)}
    between = {each for each in found if each[0].count("/") == each[1].count("/") == 2}
    passed = true_calls(logs, Outcome.ALLOWED)
    expected = {each for each in passed if not under.verdict(each[0], each[1], each[3], each[2]).allowed}
    assert expected  # the cart's calls to redis
    assert between == expected
    assert ("shop/Deployment/cart", "data/StatefulSet/redis", "TCP", 6379) in found


def test_who_is_denied_is_who_was_denied_and_by_which_policy(cluster: Cluster, logs: ReadAgain) -> None:
    report = denied(logs.edges, cluster.snapshot, cluster.policies)
    rows = list(report.of(Ending.DROPPED, Ending.REJECTED))
    found = {(row.source.name, row.destination.name, row.protocol, row.port) for row in rows}
    assert {each for each in found if each[0].count("/") == each[1].count("/") == 2} == true_calls(logs, Outcome.DENIED)
    for row in rows:
        assert row.verdict is not None
        if row.verdict.standing is not None:
            assert row.verdict.reasons, row  # the engine names the line for each
    assert not [finding for finding in report.findings if finding.code.code in ("RF702", "RF703")]


def test_from_simulation_to_answers_on_the_command_line(tmp_path: Path) -> None:
    out, flows = str(tmp_path / "out"), str(tmp_path / "flows.duckdb")
    assert run("flows", "simulate", SHOP, "--hours", "2", "--seed", "3", "--out", out).exit_code == 0
    inventories = [f"--inventory={file}" for file in sorted((tmp_path / "out" / "inventory").iterdir())]
    assert run("flows", "ingest", f"{out}/logs", *inventories, "--store", flows).exit_code == 0
    done = run("replay", "-q", "--flows", flows, "--policies", PROPOSED, SHOP, "--fail-on", "cut")
    assert done.exit_code == 1, done.stderr
    assert "shop/Deployment/cart → data/StatefulSet/redis  TCP 6379" in done.stdout
    assert "NetworkPolicy shop/cart, egress rule 1 allowed it, and is changed" in done.stdout
    same = run("replay", "-q", "--flows", flows, "--policies", SHOP, SHOP, "--fail-on", "cut")
    assert same.exit_code == 0, same.stdout
    assert run("flows", "denied", "-q", SHOP, "--store", flows).exit_code == 0


def test_the_change_that_cut_simulated_traffic_is_found_in_the_snapshots(cluster: Cluster, tmp_path: Path) -> None:
    after = Cluster(replace(cluster.snapshot, policies=load(PROPOSED).snapshot.policies))
    simulation = simulate(cluster.snapshot, cluster.engine, replace(PLAN, rollouts=0), later=[(2, after.engine)])
    logs = read_again(simulation, "hubble", tmp_path)
    times = PLAN.start, PLAN.start + 2 * 3600
    moments = [
        Moment(time, "", each.snapshot, each.policies) for time, each in zip(times, (cluster, after), strict=True)
    ]
    report = denied(logs.edges, after.snapshot, after.policies, moments)
    cut = {
        row.destination.name: row
        for row in report.of(Ending.DROPPED)
        if row.source.name == "shop/Deployment/cart" and row.worked_until is not None
    }
    row = cut["kube-system/Deployment/coredns"]  # without a name nothing else is even tried
    assert row.first >= times[1]
    assert "shop/NetworkPolicy/cart" in {str(change.policy) for change in row.changes}
    assert not [finding for finding in report.findings if finding.code.code == "RF701"]
