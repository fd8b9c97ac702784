"""Incident 2, with flows: what the manifests can't show, because it is in the traffic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringfence.simulate import ExternalName, Plan
from tests.incidents.states import paths
from tests.incidents.traffic import recorded

PROVIDER = "api.provider.example"
PLAN = Plan(seed=3, hours=6, rate=20, random_calls=0, random_names=0, rollouts=0, scanners=0)


def test_the_addresses_that_fail_are_told_from_the_one_that_works(tmp_path: Path) -> None:
    """The rule covers 52.48.12.0/28; the name answers with three addresses, of which one lies in it."""
    place = "02-now-and-then/addresses"
    name = ExternalName(PROVIDER, ("52.48.12.15/32", "52.48.12.16/32", "52.49.200.31/32"), addresses=3, moves=2)
    flows = recorded(place, [(0, "broken")], replace(PLAN, names=(name,)), tmp_path)
    answer = flows.document("denied", *paths(place, "broken"))
    dropped = [row for row in answer["connections"] if row["ending"] == "dropped"]
    assert {row["destination"] for row in dropped} == {
        f"{PROVIDER} (52.48.12.16)",
        f"{PROVIDER} (52.49.200.31)",
    }
    policies = {reason["policy"] for row in dropped for reason in row["verdict"]["reasons"]}
    assert "payments/NetworkPolicy/payment-provider" in policies
    passed = flows.document("edges", "-w", "payments/Deployment/payment", "--external", "--outcome", "allowed")
    assert [edge["destination"]["address"] for edge in passed["edges"]] == ["52.48.12.15"]


def test_the_timeline_has_hours_in_which_calls_pass_and_fail(tmp_path: Path) -> None:
    """One replica of four lacks the label: each hour has both, so the name and the address can't be what varies."""
    place = "02-now-and-then/replicas"
    name = ExternalName(PROVIDER, ("52.48.12.15/32",), addresses=1)
    flows = recorded(place, [(0, "broken")], replace(PLAN, names=(name,)), tmp_path)
    true = {key.outcome.value: edge.count for key, edge in flows.truth.edges.items() if key.destination == PROVIDER}
    assert set(true) == {"allowed", "denied"}
    timeline = flows.document("timeline", "-w", "payments/Deployment/payment", "--port", "443")
    both = [hour for hour in timeline["hours"] if hour["passed"] and hour["stopped"]]
    assert both
    read = flows.document("edges", "-w", "payments/Deployment/payment", "--external")
    counted = {edge["outcome"]: edge["connections"] for edge in read["edges"]}
    assert counted["allowed"] == true["allowed"]
    assert counted["denied"] >= true["denied"], "each attempt sends its packet twice"


def test_after_the_fix_every_replica_passes(tmp_path: Path) -> None:
    place = "02-now-and-then/replicas"
    name = ExternalName(PROVIDER, ("52.48.12.15/32",), addresses=1)
    flows = recorded(place, [(0, "fixed")], replace(PLAN, names=(name,)), tmp_path)
    answer = flows.document("denied", *paths(place, "fixed"))
    assert [row for row in answer["connections"] if row["ending"] == "dropped"] == []
