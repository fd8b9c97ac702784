"""Simulated connections are those that the manifests call for, judged by the policies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.model.errors import QueryError
from ringfence.model.flow import Direction, Outcome
from ringfence.simulate import Closed, ExternalName, Plan, Simulation, Wish, simulate
from ringfence.simulate.connection import Purpose
from tests.simulate.towns import DENY_CART, NO_DNS, QUIET, simulated, town

CART = ("shop/Deployment/web", "shop/Deployment/cart", "TCP", 8080)
WEB_DNS = ("shop/Deployment/web", "kube-system/Deployment/coredns", "UDP", 8053)
PAY = ("shop/Deployment/web", "api.pay.example", "TCP", 443)


def edges(simulation: Simulation, outcome: Outcome = Outcome.ALLOWED) -> set[tuple[str, str, str, int]]:
    return {
        (key.source, key.destination, key.protocol, key.port)
        for key in simulation.truth.edges
        if key.outcome is outcome
    }


def test_a_dependency_that_a_variable_shows_is_a_connection_to_the_pods_own_port(tmp_path: Path) -> None:
    # CART_URL says port 80, the Service's; its target is the port named http, 8080.
    assert CART in edges(simulated(town(tmp_path)))


def test_a_name_is_asked_for_before_it_is_called(tmp_path: Path) -> None:
    first: dict[Purpose, float] = {}
    for connection in simulated(town(tmp_path)).connections():
        if connection.source.party == "shop/Deployment/web":
            first.setdefault(connection.purpose, connection.time)
    assert first[Purpose.DNS] < first[Purpose.APPLICATION]
    assert first[Purpose.DNS] < first[Purpose.EXTERNAL]


def test_dns_goes_to_the_port_that_the_dns_pods_listen_on(tmp_path: Path) -> None:
    assert WEB_DNS in edges(simulated(town(tmp_path)))


def test_what_a_policy_denies_is_denied_and_the_rest_is_not(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path, DENY_CART))
    assert CART in edges(simulation, Outcome.DENIED)
    assert CART not in edges(simulation)
    assert PAY in edges(simulation)


def test_without_dns_nothing_is_called_by_name(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path, NO_DNS))
    assert edges(simulation) == set()
    assert {key[1] for key in edges(simulation, Outcome.DENIED)} == {"kube-system/Deployment/coredns"}


def test_a_node_without_enforcement_lets_pass_what_the_policies_deny(tmp_path: Path) -> None:
    plan = replace(QUIET, not_enforced=frozenset({"node-1"}))
    made = list(simulated(town(tmp_path, DENY_CART), plan).connections())
    to_cart = [one for one in made if one.destination.party == CART[1]]
    assert {one.destination.node for one in to_cart if one.outcome is Outcome.ALLOWED} == {"node-1"}
    assert all(not one.ingress.allowed for one in to_cart)
    assert {one.dropped for one in to_cart if one.destination.node != "node-1"} == {Direction.INGRESS}


def test_a_cron_job_calls_only_while_its_pod_is_there(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path), replace(QUIET, hours=72))
    runs = [one for one in simulation.roster.instances() if one.pod.workload.kind == "CronJob"]
    assert len(runs) == 3
    assert len({one.start % 86_400 for one in runs}) == 1
    calls = [one for one in simulation.connections() if one.source.party == "shop/CronJob/nightly"]
    assert calls
    assert all(one.source.instance is not None and one.source.instance.alive(one.time) for one in calls)


def test_a_closed_port_is_answered_with_a_reset_from_its_hour_on(tmp_path: Path) -> None:
    plan = replace(QUIET, closed=(Closed("shop/Deployment/cart", 8080, start=3),))
    made = [one for one in simulated(town(tmp_path), plan).connections() if one.destination.party == CART[1]]
    assert {one.outcome for one in made} == {Outcome.ALLOWED}
    late = plan.start + 3 * 3600
    assert {one.answered for one in made if one.time < late} == {True}
    assert {one.answered for one in made if one.time >= late} == {False}


def test_policies_that_come_later_judge_from_their_hour_on(tmp_path: Path) -> None:
    before, after = town(tmp_path), town(tmp_path, DENY_CART)
    simulation = simulate(before.snapshot, before.engine, QUIET, later=[(2, after.engine)])
    made = [one for one in simulation.connections() if one.destination.party == CART[1]]
    change = QUIET.start + 2 * 3600
    assert {one.outcome for one in made if one.time < change} == {Outcome.ALLOWED}
    assert {one.outcome for one in made if one.time >= change} == {Outcome.DENIED}


def test_a_names_addresses_move_and_are_those_that_dns_answered(tmp_path: Path) -> None:
    name = ExternalName("api.pay.example", ("203.0.113.0/28",), addresses=2, moves=1, chain=("pay.edge.example",))
    answered: set[str] = set()
    for one in simulated(town(tmp_path), replace(QUIET, names=(name,))).connections():
        if one.query is not None and one.query.name == name.host:
            assert one.query.chain == name.chain
            answered |= set(one.query.addresses)
        elif one.purpose is Purpose.EXTERNAL:
            assert one.destination.address in answered
    assert len(answered) > 2


def test_wishes_are_called_in_their_hours_only(tmp_path: Path) -> None:
    wish = Wish("shop/Deployment/cart", "192.0.2.7", 5432, rate=60, hours=(1, 4))
    made = [
        one
        for one in simulated(town(tmp_path), replace(QUIET, wishes=(wish,))).connections()
        if one.destination.address == "192.0.2.7"
    ]
    assert {int(one.time % 86_400 // 3600) for one in made} == {1, 4}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("shop/Deployment/nobody", "192.0.2.7", 1), "There is no workload shop/Deployment/nobody"),
        (Wish("shop/Deployment/web", "service:shop/nothing", 1), "There is no Service shop/nothing"),
    ],
)
def test_a_wish_for_what_is_not_there_is_refused(tmp_path: Path, wish: Wish, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        simulated(town(tmp_path), replace(QUIET, wishes=(wish,)))


def test_a_rollout_replaces_pods_and_their_addresses_come_back(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path), replace(QUIET, hours=48, rollouts=20))
    instances = list(simulation.roster.instances())
    assert any(one.end != float("inf") and one.pod.workload.kind == "Deployment" for one in instances)
    addresses = [one.address for one in instances]
    assert len(set(addresses)) < len(addresses)
    for one in instances:
        for other in instances:
            if one is not other and one.address == other.address:
                assert one.end <= other.start or other.end <= one.start


def test_scanners_are_not_intended(tmp_path: Path) -> None:
    made = list(simulated(town(tmp_path, DENY_CART), Plan(seed=5, hours=12, scanners=1)).connections())
    scans = [one for one in made if one.purpose is Purpose.SCAN]
    assert scans
    assert not any(one.intended for one in scans)
    assert all(one.intended for one in made if one.purpose is not Purpose.SCAN)


def test_probes_of_the_pods_own_node_are_never_denied(tmp_path: Path) -> None:
    made = list(simulated(town(tmp_path, DENY_CART), Plan(seed=5, hours=12)).connections())
    probes = [one for one in made if one.purpose is Purpose.PROBE]
    assert probes
    assert {one.outcome for one in probes} == {Outcome.ALLOWED}
    assert all(one.source.node == one.destination.node for one in probes)


def test_equal_plans_make_equal_lines_and_other_seeds_others(tmp_path: Path) -> None:
    cluster = town(tmp_path)
    plan = Plan(seed=11, hours=3)
    lines = list(simulated(cluster, plan).records())
    simulation = simulated(cluster, plan)
    assert list(simulation.records()) == lines
    assert list(simulation.records()) == lines, "a simulation may be asked twice"
    assert list(simulated(cluster, replace(plan, seed=12)).records()) != lines
