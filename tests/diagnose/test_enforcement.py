"""Whether an agent is there that enforces policy: said only where the input shows the network plugin."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.diagnose import Topic
from tests.diagnose.diagnosing import diagnosed, policy
from tests.survey.manifests import Json, deployment

WEB = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
    "spec": {"nodeName": "b", "containers": [{"name": "c"}]},
}
DENY = policy("deny", ingress=[])


def daemon(name: str, **labels: str) -> Json:
    return deployment(name, "kube-system", kind="DaemonSet", hostNetwork=True, labels=labels or {"k8s-app": name})


def agent(name: str, node: str) -> Json:
    metadata: dict[str, Any] = {
        "name": f"{name}-{node}",
        "namespace": "kube-system",
        "labels": {"k8s-app": name},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": name, "controller": True}],
    }
    spec = {"nodeName": node, "hostNetwork": True, "containers": [{"name": "c"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def node(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([daemon("kube-flannel-ds", app="flannel"), DENY], "the policy doesn't hold"),
        ([daemon("kube-flannel-ds"), DENY, policy("more", ingress=[])], "nothing of what the 2 policies say holds"),
        # without policies nothing is missed, and without a plugin nothing is known
        ([daemon("kube-flannel-ds")], None),
        ([DENY], None),
        # Canal, or an agent beside it
        ([daemon("kube-flannel-ds"), daemon("calico-node"), DENY], None),
        ([daemon("canal"), DENY], None),
        ([daemon("cilium"), DENY], None),
        # a node with pods and without the agent
        ([agent("cilium", "a"), node("a"), node("b"), DENY], "b runs no pod of kube-system/DaemonSet/cilium"),
        ([agent("cilium", "a"), agent("cilium", "b"), node("a"), node("b"), DENY], None),
        ([agent("cilium", "b"), node("a"), node("b"), DENY], None),  # nothing to guard on a
    ],
)
def test_a_cluster_that_enforces_nothing_is_told_where_it_is_seen(objects: list[Json], said: str | None) -> None:
    report = diagnosed(WEB, *objects)
    found = [remark.what for remark in report.remarks if remark.topic is Topic.NOT_ENFORCED]
    assert len(found) == (said is not None)
    assert all(said is not None and said in what for what in found)
