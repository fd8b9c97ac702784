"""Ground truth as edges: what those who build on edges are given without any log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ringfence.flows.edges import PartyKind
from ringfence.model.flow import Outcome
from ringfence.simulate import LossLaw, Plan, Truth
from tests.simulate.reading import fact_of, read_again
from tests.simulate.towns import DENY_CART, QUIET, simulated, town


def test_the_edges_of_the_truth_are_those_that_a_perfect_log_is_read_to(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path, DENY_CART), replace(QUIET, platform=True, hours=3))
    assert {fact_of(edge) for edge in simulation.truth.edge_set()} == read_again(simulation, "hubble", tmp_path).facts


def test_an_edge_has_its_hours_and_the_labels_of_its_workload(tmp_path: Path) -> None:
    edges = simulated(town(tmp_path)).truth.edge_set()
    (edge,) = [edge for edge in edges if str(edge.destination) == "shop/Deployment/cart" and "web" in str(edge.source)]
    assert edge.source.kind is PartyKind.WORKLOAD
    assert edge.source.labels == (("app", "web"),)
    assert sum(count for _, count in edge.hours) == edge.connections
    assert edges.coverage.records == sum(edges.connections)


def test_only_what_is_meant_can_be_asked_for(tmp_path: Path) -> None:
    truth = simulated(town(tmp_path, DENY_CART), Plan(seed=5, hours=6)).truth
    intended, every = truth.edge_set(intended_only=True), truth.edge_set()
    assert len(intended) < len(every)
    assert {key.outcome for key in truth.edges if not key.intended} <= {Outcome.ALLOWED, Outcome.DENIED}


def test_what_no_log_has_can_be_left_out(tmp_path: Path) -> None:
    simulation = simulated(town(tmp_path))
    truth = Truth(simulation.roster)
    assert list(simulation.records("hubble", LossLaw(lost=0.999), truth)) is not None
    seen, every = truth.edge_set(seen_only=True), truth.edge_set()
    assert len(seen) < len(every)


def test_a_denied_edge_names_no_policy_where_a_default_denies(tmp_path: Path) -> None:
    truth = simulated(town(tmp_path, DENY_CART)).truth
    documents = [one for one in truth.documents() if one["kind"] == "edge" and one["outcome"] == "denied"]
    assert documents
    assert all(one["denied_by"] == [] for one in documents)
