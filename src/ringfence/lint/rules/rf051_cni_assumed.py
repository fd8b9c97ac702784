"""Ranges are read as the network plugin of the input reads them.

## What it does

Says that the input has policies or agents of Cilium, and that the ranges of NetworkPolicies are therefore read as
Cilium reads them: an `ipBlock` matches neither pods nor nodes.

## Why it matters

By the API's text an `ipBlock` that holds a pod's address matches the pod. Under Cilium it doesn't: a rule that was
meant so allows nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 10.0.0.0/8}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - podSelector: {}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
```

## Fix safety

There is no automatic fix. `--cni generic` reads ranges by the API's text.
"""
