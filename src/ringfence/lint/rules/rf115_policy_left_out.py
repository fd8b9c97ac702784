"""A policy can't be evaluated, and answers leave it out.

## What it does

Reports policies of which it isn't clear whom they apply to, because of what their other findings say.

## Why it matters

Answers do without the policy, as the cluster does: the API server refuses it.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: 7
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

There is no automatic fix.
"""
