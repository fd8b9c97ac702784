"""A policy is of an API version that is not evaluated.

## What it does

Reports policies of a version that is gone (`extensions/v1beta1`), or that is not read yet.

## Why it matters

Answers leave the policy out.

## Example

```yaml
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
```

## Fix safety

There is no automatic fix: the versions differ in their fields.
"""
