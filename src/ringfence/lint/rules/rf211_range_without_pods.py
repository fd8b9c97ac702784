"""A range lies on addresses of pods or nodes, and matches none of them.

## What it does

Finds narrow ranges in policies of Cilium, and in NetworkPolicies that Cilium enforces, with pods or nodes in them.

## Why it matters

Cilium knows pods and nodes by their identity. A range means addresses outside the cluster, so a rule for the address of
a pod or a node allows nothing, and a deny for it denies nothing.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {podIP: 10.0.0.7}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {podIP: 10.0.0.8}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toCIDR: [10.0.0.7/32]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {podIP: 10.0.0.7}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
status: {podIP: 10.0.0.8}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEndpoints:
    - matchLabels: {app: db}
```

## Fix safety

There is no automatic fix: `ringfence fix` writes the rule that a connection needs.

Source: Cilium documentation, "Layer 3 policies", CIDR based.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.lint.rules.rf208_pod_address import is_narrow
from ringfence.model.codes import RANGE_WITHOUT_PODS
from ringfence.model.finding import Finding
from ringfence.model.policy import AddressPeer, leaves


def check(context: LintContext) -> Iterator[Finding]:
    """Ranges that match no pod by its address, and no node where they don't either, with some of them inside."""
    for placed in context.rules:
        for peer in leaves(placed.rule.peers or ()):
            if not isinstance(peer, AddressPeer) or peer.pods or not is_narrow(peer):
                continue
            held = context.holders(peer.addresses)
            pods = [pod for pod in held if not pod.host_network or not peer.nodes]
            nodes = [
                node.name
                for node in context.snapshot.nodes
                if not peer.nodes and any(address in peer.addresses for address in node.addresses)
            ]
            if pods or nodes:
                of = f"pods ({some_pods(pods)})" if pods else f"nodes ({', '.join(nodes[:3])})"
                yield Finding(
                    RANGE_WITHOUT_PODS,
                    f"A range of {placed.policy.ref}, {peer}, lies on addresses of {of}, and matches none of them.",
                    peer.origin,
                    placed.policy.ref,
                    "Cilium knows pods and nodes by identity: a range means addresses outside the cluster.",
                    "Select pods by their labels, and nodes by the entities host and remote-node.",
                    workloads(pods),
                )
