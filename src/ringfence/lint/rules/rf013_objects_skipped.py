"""Objects of kinds that play no part were skipped.

## What it does

Counts the objects that have no influence on connectivity, by kind.

## Why it matters

It tells that they were seen. Nothing is wrong.

## Example

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
```

## Use instead

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: shop}
```

## Fix safety

There is no automatic fix.
"""
