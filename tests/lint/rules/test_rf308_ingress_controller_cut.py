"""RF308: the ingress controller can't reach what an Ingress sends to."""

from __future__ import annotations

from tests.lint.linting import codes, pod, policy
from tests.lint.rules.cuts import API

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: shop}
spec: {defaultBackend: {service: {name: api, port: {number: 80}}}}
---
"""
CONTROLLER = pod("edge/c", "app.kubernetes.io/name: ingress-nginx")


def test_a_backend_that_the_controller_cannot_reach_is_told() -> None:
    closed = policy("shop/deny", "podSelector: {}, policyTypes: [Ingress]")
    opened = policy("shop/in", "podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]")
    assert codes(API + INGRESS + CONTROLLER + closed, "RF308") == ["RF308"]
    assert codes(API + INGRESS + CONTROLLER + opened, "RF308") == []
    assert codes(API + INGRESS + closed, "RF308") == []  # no controller in the input
