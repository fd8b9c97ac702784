"""A port entry is not valid.

## What it does

Reports ports that are out of range, names that are none, an unknown protocol, and an `endPort` below its `port`,
without one, or beside a name.

## Why it matters

The API server refuses the object. The entry matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - ports: [{port: 9000, endPort: 8000}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - ports: [{port: 8000, endPort: 9000}]
```

## Fix safety

There is no automatic fix.
"""
