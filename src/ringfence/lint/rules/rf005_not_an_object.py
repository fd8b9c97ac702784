"""A document is not a Kubernetes object.

## What it does

Reports a document that is no mapping, or has no `kind` or `apiVersion`.

## Why it matters

It is left out. If it was meant as a policy, the cluster doesn't have that policy either.

## Example

```yaml
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
```

## Fix safety

There is no automatic fix.
"""
