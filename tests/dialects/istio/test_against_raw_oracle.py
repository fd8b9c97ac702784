"""What the readers and the engine make of Istio's policies, beside NetworkPolicies, is what the reference says."""

from __future__ import annotations

from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.model.objects import Pod, Snapshot
from ringfence.model.verdict import Endpoint
from tests import points, raw_oracle, strategies
from tests.clusters import snapshot_with
from tests.dialects.istio import bodies, raw_mesh


@given(strategies.snapshots(most_pods=4), bodies.mesh_bodies(), st.data())
def test_the_engine_allows_what_network_and_mesh_both_say(
    snapshot: Snapshot, mesh: list[bodies.Body], data: st.DataObject
) -> None:
    network = [data.draw(strategies.network_policy_bodies(number)) for number in range(data.draw(st.integers(0, 1)))]
    cluster = snapshot_with(snapshot, [*network, *mesh])
    policy_set, findings = read_policies(cluster)
    assert not [finding for finding in findings if finding.code.code == "RF115"]
    engine = Engine.build(cluster, policy_set).with_icmp()
    for source, destination in points.pairs(points.endpoints(snapshot, policy_set)):
        ports = engine.allowed(source, destination)
        for protocol, port in points.port_points(snapshot, policy_set):
            verdict = engine.verdict(source, destination, protocol, port, misses=False)
            assert ports.has(protocol, port) is verdict.allowed
            exempt = _exempt(snapshot, source, destination)
            out, into = raw_oracle.allowed(cluster, network, source, destination, protocol, port)
            assert verdict.egress.allowed is out
            sure, perhaps = (
                exempt or raw_mesh.allowed(mesh, source, destination, protocol, port, certain=certain)
                for certain in (True, False)
            )
            assert verdict.ingress.allowed is (into and sure), (source, destination, protocol, port)
            may = verdict.ingress.allowed or bool(verdict.ingress.conditional)
            assert may is (into and perhaps), (source, destination, protocol, port)


def _exempt(snapshot: Snapshot, source: Endpoint, destination: Endpoint) -> bool:
    """A pod's connection to itself, and its node's to it, are no policy's."""
    if source == destination and not (isinstance(source, Pod) and source.planned):
        return True
    return raw_oracle.is_local_node(snapshot, source, destination)
