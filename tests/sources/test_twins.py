"""Two readings with the same twins share the pods that are alike, and read what they would read without."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from ringfence.model.objects import Service, Snapshot
from ringfence.sources import load_snapshot
from ringfence.sources.kinds import ObjectMeta, ServiceObject
from ringfence.sources.twins import Twins

Body = dict[str, Any]


def pod(name: str, *, labels: Body | None = None, ip: str = "10.0.0.1", owner: str = "", **spec: Any) -> Body:
    metadata: Body = {"name": name, "namespace": "a", "labels": labels or {"app": "x"}}
    if owner:
        metadata["ownerReferences"] = [{"kind": "ReplicaSet", "name": owner, "controller": True}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": "n", "containers": [], **spec},
        "status": {"podIP": ip},
    }


def read(*bodies: Body, twins: Twins | None = None) -> Snapshot:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies}).encode()
    return load_snapshot(["-"], stdin=io.BytesIO(text), twins=twins)


def test_a_pod_that_both_have_alike_is_one_object() -> None:
    twins = Twins()
    first, second = read(pod("p"), twins=twins), read(pod("p"), twins=twins)
    assert first.pods[0] is second.pods[0]


def replica_set(**metadata: Any) -> Body:
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r", "namespace": "a", **metadata}}


def node(address: str) -> Body:
    addresses = [{"type": "InternalIP", "address": address}]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "status": {"addresses": addresses}}


DEPLOYED = replica_set(ownerReferences=[{"kind": "Deployment", "name": "d"}])
HOST = pod("p", ip="", hostNetwork=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([pod("p")], [pod("p", labels={"app": "y"})]),
        ([pod("p")], [pod("p", ip="10.0.0.2")]),
        ([pod("p")], [pod("p", nodeName="m")]),
        ([pod("p")], [pod("p", owner="r")]),
        ([pod("p")], [pod("p", containers=[{"ports": [{"containerPort": 80}]}])]),
        # The pod itself is the same, but who owns its owner isn't.
        ([pod("p", owner="r"), replica_set()], [pod("p", owner="r"), DEPLOYED]),
        # It has its node's addresses, and the node has others.
        ([HOST, node("10.9.0.1")], [HOST, node("10.9.0.2")]),
        ([pod("p"), pod("q")], [pod("q")]),
        ([pod("p")], [pod("p", ip="10.0.0.999")]),
    ],
)  # fmt: skip
def test_what_is_read_does_not_depend_on_the_twins(before: list[Body], after: list[Body]) -> None:
    twins = Twins()
    assert read(*before, twins=twins) == read(*before)
    with_twins, alone = read(*after, twins=twins), read(*after)
    assert with_twins == alone
    assert with_twins.pods != read(*before).pods


def test_what_is_wrong_with_a_pod_is_said_of_each_input() -> None:
    twins = Twins()
    bad = pod("p", ip="10.0.0.999")
    found = [[finding.what for finding in read(bad, twins=twins).findings] for _ in range(2)]
    assert found[0] == found[1]
    assert any("10.0.0.999" in what for what in found[0])


def test_a_service_that_is_read_again_is_one_object_until_its_endpoints_change() -> None:
    twins = Twins()
    service = ServiceObject(metadata=ObjectMeta(name="s", namespace="a"))
    made = Service("a", "s", ())
    twins.keep_service(service, ((1, {"web": 80}),), made)
    assert twins.service("a", "s", service, ((1, {"web": 80}),)) is made
    assert twins.service("a", "s", service, ((2, {"web": 80}),)) is None
    assert twins.service("a", "s", ServiceObject(metadata=ObjectMeta(name="s", namespace="a")), ()) is None
