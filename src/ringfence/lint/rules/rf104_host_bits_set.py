"""An address range has host bits set.

## What it does

Reports ranges whose address is not the first of the range, such as `10.0.0.7/24`.

## Why it matters

The whole range is meant by it, not the one address: 256 addresses here. API servers warn of it since 1.33.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.7/24}}]
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
    - to: [{ipBlock: {cidr: 10.0.0.7/32}}]
```

## Fix safety

`--fix` writes the range as it is read, which changes no connection. Look first whether the one address was meant.
"""
