"""What the readers make of valid policies means what the policies say as they are written."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.model.objects import Snapshot
from tests import oracle, points, raw_oracle, raw_tiers, strategies
from tests.clusters import snapshot_with


@given(strategies.snapshots(most_pods=4), st.data())
def test_network_policies_mean_what_they_say(snapshot: Snapshot, data: st.DataObject) -> None:
    bodies = [data.draw(strategies.network_policy_bodies(number)) for number in range(data.draw(st.integers(1, 3)))]
    policy_set, _ = read_policies(snapshot_with(snapshot, bodies))
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        for protocol, port in points.port_points(snapshot, policy_set):
            call = (source, destination, protocol, port)
            assert oracle.allowed(snapshot, policy_set, *call) == raw_oracle.allowed(snapshot, bodies, *call), call


@given(strategies.snapshots(most_pods=3), strategies.policy_bodies())
def test_all_policies_mean_what_they_say(snapshot: Snapshot, bodies: list[strategies.Body]) -> None:
    policy_set, _ = read_policies(snapshot_with(snapshot, bodies))
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        for protocol, port in points.port_points(snapshot, policy_set):
            call = (source, destination, protocol, port)
            assert oracle.allowed(snapshot, policy_set, *call) == raw_tiers.allowed(snapshot, bodies, *call), call
