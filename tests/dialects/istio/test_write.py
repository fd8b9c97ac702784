"""AuthorizationPolicies written of what they were read into; what the mesh can't say of a network policy is lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings

from ringfence.dialects import read_policies
from ringfence.dialects.istio.write import write_authorization_policies
from ringfence.dialects.writing import Target
from ringfence.engine import Engine
from ringfence.engine.difference import compare
from ringfence.model.addresses import parse_address
from ringfence.model.objects import Snapshot
from tests.clusters import snapshot_with
from tests.convert.converting import converted
from tests.dialects.istio.bodies import Body, authorization_policies
from tests.dialects.writing.trips import raw
from tests.strategies import snapshots


def _with_addresses(snapshot: Snapshot) -> Snapshot:
    pods = (
        replace(pod, addresses=pod.addresses[:1] or (parse_address(f"10.0.0.{number}"),))
        for number, pod in enumerate(snapshot.pods, start=1)
    )
    return replace(snapshot, pods=tuple(pods))


@settings(max_examples=100, deadline=None)
@given(snapshots().map(_with_addresses), authorization_policies(0))
def test_an_authorization_policy_is_written_as_it_was_read(snapshot: Snapshot, body: Body) -> None:
    cluster = snapshot_with(snapshot, [body])
    before, _ = read_policies(cluster)
    mesh = [layer for layer in before.layers if layer.name == "mesh"]
    written = write_authorization_policies(
        [stage for layer in mesh for stage in layer.stages], Target("generic", cluster)
    )
    event("lost" if written.losses else "kept")
    if written.losses:
        return
    made = replace(snapshot, policies=tuple(raw(each) for each in written.objects))
    after, findings = read_policies(made)
    assert not [finding for finding in findings if finding.code.code == "RF115"], written.objects
    assert compare(Engine.build(cluster, before), Engine.build(made, after)) == []


NETWORK = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: data}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}
      ports: [{port: 5432}]
    - from: [{podSelector: {matchLabels: {app: backup}}}]
      ports: [{port: sql}]
"""


def test_what_the_mesh_can_say_of_a_network_policy_is_kept_and_the_rest_is_told() -> None:
    answer = converted(NETWORK, "istio")
    (body,) = answer.objects
    assert body["metadata"]["namespace"] == "data"
    assert body["spec"] == {
        "selector": {"matchLabels": {"app": "db"}},
        "action": "ALLOW",
        "rules": [{"from": [{"source": {"namespaces": ["shop"]}}], "to": [{"operation": {"ports": ["5432"]}}]}],
    }
    assert {loss.what for loss in answer.losses} == {
        "What data/NetworkPolicy/p says of egress is left out.",
        "data/NetworkPolicy/p guards no pod outside the mesh, and TCP alone.",
        "Callers outside the mesh are left out.",
        "Ports by name are left out.",
    }
