"""A suppression has no reason, or can't be read.

## What it does

Reports entries of the annotation `ringfence.dev/ignore` without a reason, of a code that doesn't exist, with a date
that is none, or in another form than `CODE: reason (owner NAME, until DATE)`. They suppress nothing.

## Why it matters

Who reads the manifest later must see why a finding was set aside.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    ringfence.dev/ignore: "RF210"
spec:
  podSelector: {matchLabels: {app: web, pod-template-hash: 7d4b9c6f5}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    ringfence.dev/ignore: "RF210: canary, taken away after the test"
spec:
  podSelector: {matchLabels: {app: web, pod-template-hash: 7d4b9c6f5}}
```

## Fix safety

There is no automatic fix: only people know the reason.
"""
