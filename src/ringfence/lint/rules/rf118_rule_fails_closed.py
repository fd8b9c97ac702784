"""A rule with a part not understood fails closed.

## What it does

Reports rules of admin policies with a peer, port or selector that can't be understood.

## Why it matters

The API asks for it: an Accept rule with such a part matches nothing, a Deny or Pass rule denies everything.

## Example

```yaml
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:
    - {action: Deny, from: [{podz: {}}]}
```

## Use instead

```yaml
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:
    - {action: Deny, from: [{namespaces: {}}]}
```

## Fix safety

There is no automatic fix.
"""
