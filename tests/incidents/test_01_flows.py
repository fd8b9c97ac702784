"""Incident 1, with flows: the known dependencies are in the traffic from before the default deny."""

from __future__ import annotations

import pytest

from ringfence.cluster import load
from ringfence.simulate import Plan
from ringfence.simulate.connection import Purpose
from ringfence.simulate.truth import moment
from tests.incidents.states import INCIDENTS
from tests.incidents.traffic import Recorded, record

PLACE = INCIDENTS / "01-default-deny-dns" / "forty-services"
PLAN = Plan(seed=1, hours=6, rate=6, random_calls=0.2, random_names=0, rollouts=2, scanners=0)
CHANGED = 4


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Four hours without the policy, and two with it."""
    before, after = load(str(PLACE / "cluster")), load(str(PLACE / "cluster"), str(PLACE / "broken"))
    return record(before, PLAN, tmp_path_factory.mktemp("flows"), later=[(CHANGED, after.engine)])


def test_every_dependency_is_known_from_the_traffic_before(flows: Recorded) -> None:
    true = {
        (key.source, key.destination, key.port)
        for key in flows.truth.edges
        if key.purpose is Purpose.APPLICATION and key.outcome.value == "allowed"
    }
    assert len(true) > 40
    answer = flows.document("edges", "-n", "production", "--internal", "--outcome", "allowed")
    read = {(_name(edge["source"]), _name(edge["destination"]), edge["port"]) for edge in answer["edges"]}
    assert true <= read


def _name(party: dict[str, str]) -> str:
    return f"{party['namespace']}/{party['workload']}" if party.get("namespace") else party.get("workload", "")


def test_dns_is_denied_to_all_of_production_since_the_policy_came(flows: Recorded) -> None:
    changed = moment(PLAN.start + CHANGED * 3600)
    answer = flows.document("denied", str(PLACE / "cluster"), str(PLACE / "broken"), "-n", "production")
    dropped = [row for row in answer["connections"] if row["ending"] == "dropped" and row["protocol"] == "UDP"]
    asking = {key.source for key in flows.truth.edges if key.purpose is Purpose.DNS and key.outcome.value == "denied"}
    assert {row["source"] for row in dropped} == asking
    assert all(row["first"][:19] >= changed[:19] for row in dropped)
    assert all(row["workedUntil"][:19] < changed[:19] for row in dropped if "workedUntil" in row)
    for row in dropped:
        assert {reason["policy"] for reason in row["verdict"]["reasons"]} == {
            "production/NetworkPolicy/default-deny-all"
        }


def test_calls_are_denied_only_as_long_as_their_names_are_still_known(flows: Recorded) -> None:
    """Why on-call sees names that don't resolve: after an hour nobody has an address to call any more."""
    denied = {
        key.purpose: edge.last
        for key, edge in sorted(flows.truth.edges.items(), key=lambda item: item[1].last)
        if key.outcome.value == "denied" and key.source.startswith("production/")
    }
    assert set(denied) == {Purpose.DNS, Purpose.APPLICATION}
    assert denied[Purpose.APPLICATION] < PLAN.start + (CHANGED + 1) * 3600 < denied[Purpose.DNS]
