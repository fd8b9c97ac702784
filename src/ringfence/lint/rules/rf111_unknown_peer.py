"""A peer is unknown or malformed, and fails closed.

## What it does

Reports peers that say nothing, say two things at once, or have a field of a kind that isn't known.

## Why it matters

A peer of NetworkPolicy that can't be understood matches nothing. A rule of an admin policy with one fails closed:
an Accept matches nothing, a Deny denies everything.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock: {cidr: 10.0.0.0/8}
          podSelector: {matchLabels: {app: web}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock: {cidr: 10.0.0.0/8}
        - podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: either entry, or both, may be meant.
"""
