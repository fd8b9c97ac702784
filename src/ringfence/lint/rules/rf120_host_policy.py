"""A policy is for nodes, and answers leave it out.

## What it does

Reports a CiliumClusterwideNetworkPolicy with a `nodeSelector`: it guards nodes, and the host-network pods on them.

## Why it matters

Ringfence judges the policies of pods. A connection of a node, or of a host-network pod, that is said to be allowed may
be cut by such a policy. What is said of other pods holds.

## Example

```yaml
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: nodes}
spec:
  nodeSelector: {matchLabels: {kubernetes.io/os: linux}}
  ingress:
  - fromEntities: [cluster]
```

## Use instead

```yaml
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: pods}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
  - fromEntities: [cluster]
```

## Fix safety

There is no automatic fix: a policy for pods says something else.
"""
