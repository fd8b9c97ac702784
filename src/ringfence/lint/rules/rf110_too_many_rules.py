"""A policy has more rules or peers than the API allows.

## What it does

Reports lists in admin policies that are longer than the API allows: 25 in a ClusterNetworkPolicy, 100 in an
AdminNetworkPolicy.

## Why it matters

The API server refuses the object.

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
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
    - {action: Pass, from: [{namespaces: {}}]}
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
    - {action: Pass, from: [{namespaces: {}}]}
```

## Fix safety

There is no automatic fix.
"""
