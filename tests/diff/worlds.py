"""A small shop to change: a web, a cart, a database, DNS; two teams."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.dialects import read_policies
from ringfence.diff import By, DiffReport, State, compute_diff
from ringfence.model.objects import Pod
from tests.clusters import cluster, pod

PODS = (
    pod("shop/web", "app=web", ip="10.0.0.1", ports="http:8080"),
    pod("shop/cart", "app=cart", ip="10.0.0.2", ports="http:7070"),
    pod("data/db", "app=db", ip="10.0.1.1", ports="sql:5432"),
    pod("kube-system/dns", "k8s-app=kube-dns", ip="10.0.2.1", ports="dns:53/UDP dns-tcp:53/TCP"),
)
NAMESPACES = {"shop": "team=red", "data": "team=blue", "kube-system": "", "edge": ""}


def policy(name: str, namespace: str, spec: str) -> str:
    """A NetworkPolicy; its ``spec`` in flow style stands in line 4."""
    return f"""---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: {namespace}}}
spec: {spec}
"""


def admin(name: str, action: str, priority: int = 10) -> str:
    """A ClusterNetworkPolicy about ingress from shop to data."""
    return f"""---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {{name: {name}}}
spec:
  tier: Admin
  priority: {priority}
  subject: {{namespaces: {{matchLabels: {{team: blue}}}}}}
  ingress:
  - action: {action}
    from: [{{namespaces: {{matchLabels: {{team: red}}}}}}]
"""


def state(policies: str, pods: Iterable[Pod] = PODS, namespaces: dict[str, str] | None = None) -> State:
    snapshot = cluster(pods, policies, namespaces=namespaces or NAMESPACES)
    policy_set, findings = read_policies(snapshot)
    assert not findings
    return State(snapshot, policy_set)


def diff(before: State | str, after: State | str, by: By = By.WORKLOAD) -> DiffReport:
    """The difference of two states, or of two texts of policies."""
    old, new = (each if isinstance(each, State) else state(each) for each in (before, after))
    return compute_diff(old, new, by)
