"""A BaselineAdminNetworkPolicy is not named default.

## What it does

Reports BaselineAdminNetworkPolicies with another name than `default`.

## Why it matters

A cluster has at most one, and the API server refuses every other name.

## Example

```yaml
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: baseline}
spec:
  subject: {namespaces: {}}
  ingress:
    - {action: Deny, from: [{namespaces: {}}]}
```

## Use instead

```yaml
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress:
    - {action: Deny, from: [{namespaces: {}}]}
```

## Fix safety

There is no automatic fix.
"""
