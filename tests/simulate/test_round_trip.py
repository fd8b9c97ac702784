"""Each format: what is simulated, written and read again is the truth, as far as the format tells it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.cluster import load
from ringfence.flows.edges import PartyKind
from ringfence.model.flow import EndKind, LossKind, Outcome
from ringfence.simulate import LossLaw, Plan, Simulation, simulate
from ringfence.simulate.writers.registry import FORMATS
from tests.docs.paths import ROOT
from tests.simulate.reading import TELLS, Tells, TrueFact, fact_of, read_again
from tests.simulate.towns import DENY_CART, QUIET, simulated, town

PLAN = Plan(seed=7, hours=3, rate=8, rollouts=16)
TIMELESS = {"cilium-monitor"}
"""Without times, pods that are gone can't be told from those that have their addresses now."""


@pytest.fixture(scope="module")
def shop() -> Simulation:
    cluster = load(str(ROOT / "examples" / "shop"))
    return simulate(cluster.snapshot, cluster.engine, PLAN)


def test_every_format_that_is_written_is_held_to_the_truth() -> None:
    assert set(FORMATS) - TIMELESS == set(TELLS)


@pytest.mark.parametrize("name", sorted(TELLS))
def test_what_is_read_is_what_happened_as_far_as_the_format_tells(name: str, shop: Simulation, tmp_path: Path) -> None:
    expected = {fact for one in shop.connections() for fact in TELLS[name].facts(one)}
    again = read_again(shop, name, tmp_path)
    assert {reading.format for reading in again.readings} - {name, name.partition("-")[0], "aws-agent"} == set()
    assert again.facts == expected
    assert again.edges.coverage.unmapped == 0 or not TELLS[name].unnamed_ends
    assert not [loss for reading in again.readings for loss in reading.reduction.losses if loss.kind in _FAULTS]


_FAULTS = (LossKind.UNREADABLE, LossKind.LOST_EVENTS, LossKind.SEQUENCE_GAP, LossKind.FOREIGN)


def test_a_log_without_times_is_read_right_while_no_pod_is_replaced(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path, DENY_CART), replace(QUIET, platform=True))
    lasting = [one for one in simulation.connections() if "CronJob" not in one.source.party]
    expected = {fact for one in lasting for fact in Tells(names=False).facts(one)}
    read = {fact for fact in read_again(simulation, "cilium-monitor", tmp_path).facts if "/" in fact[0]}
    assert read == expected


def test_calico_counts_connections_as_they_were(shop: Simulation, tmp_path: Path) -> None:
    again = read_again(shop, "calico", tmp_path)
    read = {fact_of(edge): edge.connections for edge in again.edges if edge.destination.kind is PartyKind.WORKLOAD}
    true: Counter[TrueFact] = Counter()
    for one in shop.connections():
        if one.destination.kind is EndKind.POD:
            true.update(TELLS["calico"].facts(one))
    assert read == true


@pytest.mark.parametrize("name", ["ovn-acl", "antrea-np"])
def test_a_reject_is_told_from_a_drop_where_the_source_does(name: str, tmp_path: Path) -> None:
    cluster = load(str(ROOT / "examples" / "shop"))
    simulation = simulate(cluster.snapshot, cluster.engine, replace(PLAN, hours=2, reject=True))
    outcomes = {edge.outcome for edge in read_again(simulation, name, tmp_path).edges}
    assert outcomes == {Outcome.ALLOWED, Outcome.REJECTED}


@pytest.mark.parametrize(
    ("name", "law", "kind"),
    [
        ("hubble", LossLaw(lost=0.1), LossKind.LOST_EVENTS),
        ("ovn-acl", LossLaw(lost=0.1), LossKind.SEQUENCE_GAP),
        ("aws-vpc", LossLaw(lost=0.1), LossKind.NO_DATA),
        ("netobserv", LossLaw(sampling=50), LossKind.SAMPLED),
    ],
)
def test_a_loss_is_known_from_the_log(
    name: str, law: LossLaw, kind: LossKind, shop: Simulation, tmp_path: Path
) -> None:
    again = read_again(shop, name, tmp_path, law)
    told = [loss for reading in again.readings for loss in reading.reduction.losses if loss.kind is kind]
    assert told
    if kind in (LossKind.LOST_EVENTS, LossKind.SEQUENCE_GAP):
        lost = sum(again.written.truth.lost.values())
        read = sum(loss.count or 0 for loss in told)
        assert 0 <= lost - read <= 30, "but for the last burst of each node, after which nothing was written"
    if kind is LossKind.SAMPLED:
        assert {loss.count for loss in told} == {50}
