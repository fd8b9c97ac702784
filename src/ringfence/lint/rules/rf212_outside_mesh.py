"""A policy of the mesh is for pods outside the mesh.

## What it does

Finds AuthorizationPolicies and PeerAuthentications whose pods are all outside the mesh, or some of whose pods are where
it selects them by label: they have no sidecar, and are not behind ztunnel.

## Why it matters

The proxy of a workload enforces these policies. Without one nothing does: the workload takes every connection that the
network lets through, and the policy is there and looks as if it guarded it.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: db, image: db}, {name: istio-proxy, image: proxyv2}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]
```

## Fix safety

There is no automatic fix: bring the workload into the mesh and restart its pods, or guard it by a NetworkPolicy.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.mesh import in_mesh, meant, mesh_policies
from ringfence.lint.naming import workloads
from ringfence.model.codes import OUTSIDE_MESH
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Each such policy with the pods that it leaves open."""
    for each in mesh_policies(context):
        pods = meant(context, each.policy)
        outside = tuple(pod for pod in pods if not in_mesh(context, pod))
        if not outside or (len(outside) < len(pods) and not each.spec.get("selector")):
            continue
        share = "all of its pods" if len(outside) == len(pods) else f"{len(outside)} of its {len(pods)} pods"
        yield Finding(
            OUTSIDE_MESH,
            f"{each.policy.ref} is for pods outside the mesh: nothing enforces it for {share}.",
            each.policy.subject.origin,
            each.policy.ref,
            "Only the proxy of a workload enforces a policy of the mesh.",
            "Bring the workload into the mesh, or guard it by a NetworkPolicy.",
            workloads(outside),
        )
