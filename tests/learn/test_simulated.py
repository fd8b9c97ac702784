"""Simulated logs end to end: read, joined with the inventory, learned from, and held to the simulation's own truth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.learn import Proposal, Settings, learn
from ringfence.model.addresses import parse_address
from ringfence.model.flow import Outcome
from ringfence.model.objects import Snapshot
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint
from ringfence.simulate import LossLaw, Plan, Simulation, TrueEdge
from tests.clusters import snapshot_with
from tests.learn.worlds import of
from tests.simulate.reading import read_again
from tests.simulate.towns import DENY_CART, simulated, town

BUSY = Plan(seed=5, hours=6, rate=20, random_calls=1, random_names=1, rollouts=4, scanners=1)


def engine_after(snapshot: Snapshot, proposal: Proposal) -> Engine:
    """The cluster with what was learned, read again."""
    bodies = [raw.body for raw in snapshot.policies] + [made.body for made in proposal.objects]
    applied = snapshot_with(snapshot, bodies)
    policies, _ = read_policies(applied, cni=proposal.cni)
    return Engine.build(replace(applied), policies)


def passes(engine: Engine, snapshot: Snapshot, edge: TrueEdge) -> bool:
    """Whether all pods of the two ends may connect."""
    key = edge.key
    sources = pods(snapshot, key.source)
    outside: list[Endpoint] = [AddressEndpoint(parse_address(address)) for address in edge.addresses]
    destinations = pods(snapshot, key.destination) or outside
    assert sources
    assert destinations
    return all(
        engine.allowed(source, destination).has(Protocol[key.protocol], key.port)
        for source in sources
        for destination in destinations
    )


def pods(snapshot: Snapshot, name: str) -> list[Endpoint]:
    return [pod for pod in snapshot.pods if str(pod.workload) == name]


def between_pods_or_outwards(simulation: Simulation, snapshot: Snapshot, outcome: Outcome) -> list[TrueEdge]:
    """The true edges from pods of the cluster to its pods, or to addresses that are no node's."""
    return [
        edge
        for edge in simulation.truth.edges.values()
        if edge.key.outcome is outcome
        and pods(snapshot, edge.key.source)
        and (pods(snapshot, edge.key.destination) or (edge.addresses and not edge.ends[1].node))
        and "kubernetes" not in edge.key.destination
    ]


@pytest.mark.parametrize("log_format", ["hubble", "calico"])
def test_every_true_connection_is_kept(tmp_path: Path, log_format: str) -> None:
    snapshot = town(tmp_path).snapshot
    simulation = simulated(town(tmp_path), BUSY)
    edges = read_again(simulation, log_format, tmp_path).edges
    proposal = learn(snapshot, edges, Settings())
    assert not proposal.proof.cut
    engine = engine_after(snapshot, proposal)
    true = between_pods_or_outwards(simulation, snapshot, Outcome.ALLOWED)
    assert len(true) > 5
    assert [str(edge.key) for edge in true if not passes(engine, snapshot, edge)] == []
    assert of(proposal, "shop/web").egress.rules


def test_what_the_policies_denied_stays_denied(tmp_path: Path) -> None:
    snapshot = town(tmp_path, DENY_CART).snapshot
    simulation = simulated(town(tmp_path, DENY_CART), BUSY)
    proposal = learn(snapshot, read_again(simulation, "hubble", tmp_path).edges, Settings())
    engine = engine_after(snapshot, proposal)
    denied = between_pods_or_outwards(simulation, snapshot, Outcome.DENIED)
    assert denied
    assert [str(edge.key) for edge in denied if passes(engine, snapshot, edge)] == []


def test_lost_records_cost_rare_connections_only_and_are_told(tmp_path: Path) -> None:
    snapshot = town(tmp_path).snapshot
    simulation = simulated(town(tmp_path), BUSY)
    edges = read_again(simulation, "hubble", tmp_path, LossLaw(lost=0.3)).edges
    proposal = learn(snapshot, edges, Settings())
    assert proposal.window.lost > 0
    engine = engine_after(snapshot, proposal)
    frequent = [edge for edge in between_pods_or_outwards(simulation, snapshot, Outcome.ALLOWED) if edge.count >= 20]
    assert frequent
    assert [str(edge.key) for edge in frequent if not edge.addresses and not passes(engine, snapshot, edge)] == []


def test_no_reply_of_a_simulated_log_becomes_a_rule(tmp_path: Path) -> None:
    """Every port of a rule is one that somebody truly called."""
    snapshot = town(tmp_path).snapshot
    simulation = simulated(town(tmp_path), BUSY)
    proposal = learn(snapshot, read_again(simulation, "calico", tmp_path).edges, Settings())
    true = {edge.key.port for edge in simulation.truth.edges.values()}
    dns = {8053}
    learned = {
        port
        for each in proposal.workloads
        for side in (each.egress, each.ingress)
        for rule in side.rules
        for _, port in rule.ports
    }
    assert learned <= true | dns
