"""A suppression suppresses nothing.

## What it does

Reports entries of the annotation `ringfence.dev/ignore` whose rule ran and found nothing about the object.

## Why it matters

It would hide the next fault of this kind.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    ringfence.dev/ignore: "RF210: canary"
spec:
  podSelector: {matchLabels: {app: web}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    ringfence.dev/ignore: "RF210: canary"
spec:
  podSelector: {matchLabels: {app: web, pod-template-hash: 7d4b9c6f5}}
```

## Fix safety

`--fix` deletes the annotation where it holds nothing else. No connection changes.
"""
