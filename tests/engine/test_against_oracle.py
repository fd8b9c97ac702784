"""The engine says what the slow evaluator says, on every draw, for every pair and every port."""

from __future__ import annotations

from hypothesis import given

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PolicySet
from ringfence.model.ports import ALL_PORTS
from tests import oracle, points, strategies
from tests.clusters import snapshot_with


def check(snapshot: Snapshot, policy_set: PolicySet, *, verdicts: bool) -> None:
    engine = Engine.build(snapshot, policy_set).with_icmp()
    ports = points.port_points(snapshot, policy_set)
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        found = engine.allowed(source, destination)
        for protocol, port in ports:
            expected = oracle.allowed(snapshot, policy_set, source, destination, protocol, port)
            assert found.has(protocol, port) == all(expected), f"{source} -> {destination} {protocol} {port}"
            if verdicts:
                verdict = engine.verdict(source, destination, protocol, port)
                said = (verdict.egress.allowed, verdict.ingress.allowed)
                assert said == expected, f"{source} -> {destination} {protocol} {port}"


@given(strategies.snapshots(), strategies.policy_sets())
def test_every_allowed_port_set_is_the_oracles(snapshot: Snapshot, policy_set: PolicySet) -> None:
    check(snapshot, policy_set, verdicts=False)


@given(strategies.snapshots(most_pods=3), strategies.policy_sets())
def test_an_engine_without_icmp_says_the_same_of_ports(snapshot: Snapshot, policy_set: PolicySet) -> None:
    plain = Engine.build(snapshot, policy_set)
    every = plain.with_icmp()
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        assert plain.allowed(source, destination) == every.allowed(source, destination) & ALL_PORTS


@given(strategies.snapshots(most_pods=3), strategies.policy_sets())
def test_every_point_verdict_is_the_oracles(snapshot: Snapshot, policy_set: PolicySet) -> None:
    check(snapshot, policy_set, verdicts=True)


@given(strategies.snapshots(most_pods=3), strategies.policy_sets(uncertain=True))
def test_uncertain_rules_never_allow_for_certain(snapshot: Snapshot, policy_set: PolicySet) -> None:
    check(snapshot, policy_set, verdicts=True)


@given(strategies.snapshots(), strategies.policy_bodies())
def test_policies_as_written_are_judged_as_by_the_oracle(snapshot: Snapshot, bodies: list[strategies.Body]) -> None:
    full = snapshot_with(snapshot, bodies)
    policy_set, _ = read_policies(full)
    check(full, policy_set, verdicts=False)
