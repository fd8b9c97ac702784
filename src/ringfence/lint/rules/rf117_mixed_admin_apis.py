"""Two admin policy APIs without a common order are present.

## What it does

Reports a cluster with both AdminNetworkPolicy and ClusterNetworkPolicy of the Admin tier.

## Why it matters

They are two versions of one API, and nothing says which comes first. Here they are judged together, by priority,
then name.

## Example

```yaml
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: guard}
spec:
  priority: 5
  subject: {namespaces: {}}
  ingress:
    - {action: Pass, from: [{namespaces: {}}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: other}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:
    - {action: Pass, from: [{namespaces: {}}]}
```

## Use instead

```yaml
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 5
  subject: {namespaces: {}}
  ingress:
    - {action: Pass, from: [{namespaces: {}}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: other}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:
    - {action: Pass, from: [{namespaces: {}}]}
```

## Fix safety

There is no automatic fix: moving to ClusterNetworkPolicy is a change to be planned.
"""
