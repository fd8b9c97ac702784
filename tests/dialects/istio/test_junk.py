"""Whatever stands in a policy of Istio, reading it ends in findings, never in an exception."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, strategies as st

from ringfence.dialects import read_policies
from ringfence.model.objects import Snapshot
from tests.clusters import snapshot_with
from tests.dialects.istio import bodies
from tests.dialects.test_junk import junk, places

EGRESS = [
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Sidecar",
        "metadata": {"name": "s", "namespace": "a"},
        "spec": {
            "workloadSelector": {"labels": {"app": "web"}},
            "egress": [{"port": {"number": 80}, "hosts": ["./*"]}],
            "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"},
        },
    },
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "ServiceEntry",
        "metadata": {"name": "e", "namespace": "a"},
        "spec": {
            "hosts": ["x.example"],
            "addresses": ["192.0.2.1"],
            "ports": [{"number": 443, "targetPort": 8443}],
            "endpoints": [{"address": "192.0.2.2"}],
            "exportTo": ["."],
            "workloadSelector": {"labels": {"app": "web"}},
        },
    },
]


@given(st.one_of(bodies.mesh_bodies().filter(bool), st.just(EGRESS)), st.data())
def test_a_policy_with_a_part_replaced_by_junk_is_read(mesh: list[bodies.Body], data: st.DataObject) -> None:
    changed: list[Any] = copy.deepcopy(mesh)
    body = data.draw(st.sampled_from(changed))
    path = data.draw(st.sampled_from([("spec",), *places(body["spec"], ("spec",))]))
    target: Any = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(junk)
    _, findings = read_policies(snapshot_with(Snapshot(), changed))
    assert all(finding.what.endswith(".") for finding in findings)
