"""Labels that a pod has by where and as whom it runs, under keys that no label can have.

Calico and Cilium let one expression ask for a pod's labels, its namespace's and its service account's together; Istio
asks who the caller runs as. A selector asks for such a fact by a derived key; the engine answers for it.

| key | value |
|---|---|
| ``:namespace`` | the namespace's name |
| ``:serviceaccount`` | the service account's name |
| ``:mesh`` | ``sidecar`` or ``ambient``; missing where the pod isn't in a mesh |
| ``:principal`` | the identity that a mesh gives the pod; missing where the pod isn't in one |
| ``:node`` | the node that runs the pod, where the input says |
| ``namespace:KEY`` | the label ``KEY`` of the namespace |
| ``serviceaccount:KEY`` | the label ``KEY`` of the service account |
"""

from __future__ import annotations

from functools import lru_cache

from ringfence.model.labels import LabelExpr

NAMESPACE = ":namespace"
SERVICE_ACCOUNT = ":serviceaccount"
MESH = ":mesh"
NODE = ":node"
PRINCIPAL = ":principal"
NAMESPACE_LABEL = "namespace:"
SERVICE_ACCOUNT_LABEL = "serviceaccount:"


TRUST_DOMAIN = "cluster.local"
"""Istio's default; another one is not in the input."""


def principal(namespace: str, account: str) -> str:
    """The identity of a service account in a mesh. Source: SPIFFE identities as Istio makes them."""
    return f"{TRUST_DOMAIN}/ns/{namespace}/sa/{account}"


def is_derived(key: str) -> bool:
    """True for a key of a derived label; no label of Kubernetes has a colon in its key."""
    return ":" in key


@lru_cache(maxsize=65536)
def asks_derived(expr: LabelExpr) -> bool:
    """True where an expression asks for a derived label."""
    return any(is_derived(key) for key in set(expr.keys()))
