"""A namespace is referred to, but not in the input.

## What it does

Names, once, the namespaces that objects of the input are in, and that are not in the input themselves.

## Why it matters

Their labels are not known but for `kubernetes.io/metadata.name`, so a `namespaceSelector` by another label can't
match them.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
```

## Use instead

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
```

## Fix safety

There is no automatic fix: the labels are known to the cluster only (`kubectl get ns -o yaml`).
"""
