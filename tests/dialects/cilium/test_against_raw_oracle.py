"""What the reader makes of valid policies of Cilium means what they say as they are written."""

from __future__ import annotations

from hypothesis import given, settings

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Snapshot
from tests import oracle, points, raw_cilium, strategies
from tests.cilium_bodies import Body, mixed_bodies
from tests.clusters import snapshot_with


@settings(max_examples=150)
@given(strategies.snapshots(most_pods=4), mixed_bodies())
def test_policies_mean_what_they_say(snapshot: Snapshot, bodies: list[Body]) -> None:
    read = snapshot_with(snapshot, bodies)
    policy_set, findings = read_policies(read, cni="generic")
    assert not any(finding.code.code == "RF115" for finding in findings)
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        for protocol, port in points.port_points(snapshot, policy_set):
            call = (source, destination, protocol, port)
            assert oracle.allowed(snapshot, policy_set, *call) == raw_cilium.allowed(snapshot, bodies, *call), call


@given(strategies.snapshots(most_pods=4), mixed_bodies())
def test_the_engine_says_so_too(snapshot: Snapshot, bodies: list[Body]) -> None:
    read = snapshot_with(snapshot, bodies)
    policy_set, _ = read_policies(read, cni="generic")
    engine = Engine.build(read, policy_set).with_icmp()
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        open_ports = engine.allowed(source, destination)
        for protocol, port in points.port_points(snapshot, policy_set):
            expected = raw_cilium.allowed(snapshot, bodies, source, destination, protocol, port)
            verdict = engine.verdict(source, destination, protocol, port)
            assert (verdict.egress.allowed, verdict.ingress.allowed) == expected
            assert open_ports.has(protocol, port) is all(expected)
