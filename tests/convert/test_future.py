"""Pods that could be made: each kind that policies can tell apart is there, and no difference is missed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings, strategies as st

from ringfence.convert.future import KIND, future_of
from ringfence.convert.proof import prove
from ringfence.dialects import read_policies
from ringfence.engine import Engine
from ringfence.engine.difference import compare
from ringfence.model.objects import Snapshot
from tests.convert.converting import snapshot
from tests.dialects.writing.trips import raw, with_policies
from tests.strategies import network_policy_bodies, snapshots

WEB = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {team: blue}}
          podSelector: {matchExpressions: [{key: tier, operator: In, values: [a, b]}]}
      ports: [{port: http}]
"""


def test_each_set_of_labels_that_matters_is_tried_once() -> None:
    cluster = snapshot(WEB)
    policies, _ = read_policies(cluster)
    future = future_of(cluster, policies)
    shapes = {(pod.namespace, tuple(sorted(pod.labels.items()))) for pod in future.pods}
    # shop: selected or not. data has the team: tier a (or b), or another. A new namespace of the team, and one of none.
    assert shapes == {
        ("shop", ()),
        ("shop", (("app", "web"),)),
        ("data", ()),
        ("data", (("tier", "a"),)),
        *((space.name, ()) for space in future.namespaces),
        *((space.name, (("tier", "a"),)) for space in future.namespaces if space.labels.get("team") == "blue"),
    }
    assert {space.labels.get("team") for space in future.namespaces} == {None, "blue"}
    assert {port.name for pod in future.pods for port in pod.ports} == {"http"}
    assert {pod.workload.kind for pod in future.pods} == {KIND}


def test_a_difference_for_pods_that_nobody_runs_yet_is_found() -> None:
    cluster = snapshot(WEB)
    before, _ = read_policies(cluster)
    after, _ = read_policies(snapshot(WEB.replace("[a, b]", "[a, b, c]")))
    proof = prove(cluster, before, after)
    assert {difference.sources for difference in proof.differences} == {
        ("data/NewPod/tier=c",),
        *((source,) for each in proof.differences for source in each.sources if source.startswith("new-")),
    }
    assert all(difference.future for difference in proof.differences)


_BODIES = st.tuples(network_policy_bodies(0), network_policy_bodies(0))


@settings(max_examples=40, deadline=None)
@given(snapshots(), snapshots(), _BODIES)
def test_what_is_proved_equal_is_equal_in_any_other_cluster(
    here: Snapshot, there: Snapshot, bodies: tuple[dict[str, Any], ...]
) -> None:
    one, other = (with_policies(here, [raw(body)], "generic").policy_set for body in bodies)
    if prove(here, one, other).differences:
        return
    assert compare(Engine.build(there, one), Engine.build(there, other)) == []
