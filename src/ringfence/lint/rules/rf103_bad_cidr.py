"""An address range is not valid.

## What it does

Reports ranges that are no `address/length`, such as one with an octet over 255.

## Why it matters

The API server refuses the object. The entry matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 503.0.0.0/8}}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 50.3.0.0/16}}]
```

## Fix safety

There is no automatic fix: which addresses were meant can't be told.
"""
