"""A mapping has the same key twice.

## What it does

Reports a key that stands twice in one mapping.

## Why it matters

The last one counts, and the first is lost without a word. Two `ingress` lists, or two `podSelector`, are not
joined.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: front}}}]
  ingress:
    - from: [{podSelector: {matchLabels: {app: batch}}}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: front}}}]
    - from: [{podSelector: {matchLabels: {app: batch}}}]
```

## Fix safety

There is no automatic fix: which of the two was meant can't be told.
"""
