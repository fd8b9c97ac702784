"""Cilium's policies in particular words: what a selector must say so that it means pods, and whose."""

from __future__ import annotations

import pytest

from tests.convert.converting import converted

ANYWHERE = {"key": "k8s:io.kubernetes.pod.namespace", "operator": "Exists"}
ENV = "k8s:io.cilium.k8s.namespace.labels.env"


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        # The policy's own namespace is implied.
        ("podSelector: {matchLabels: {app: web}}", {"matchLabels": {"app": "web"}}),
        # Every namespace is not.
        ("namespaceSelector: {}", {"matchExpressions": [ANYWHERE]}),
        (
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}",
            {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "data"}},
        ),
        ("namespaceSelector: {matchLabels: {env: prod}}", {"matchLabels": {ENV: "prod"}}),
        # Nodes and the world have no labels either: a selector of what is not there must say that pods are meant.
        (
            "namespaceSelector: {matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}",
            {"matchExpressions": [ANYWHERE, {"key": ENV, "operator": "NotIn", "values": ["prod"]}]},
        ),
    ],
)
def test_a_peer_of_a_network_policy_stays_pods(peer: str, expected: object) -> None:
    policy = f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: shop}}
spec:
  podSelector: {{}}
  ingress: [{{from: [{{{peer}}}]}}]
"""
    answer = converted(policy, "cilium")
    assert answer.equal
    (body,) = answer.objects
    assert body["spec"] == {"endpointSelector": {}, "ingress": [{"fromEndpoints": [expected]}]}
