"""An exception is not inside its range.

## What it does

Reports entries of `except` that are not strictly inside the `cidr` beside them.

## Why it matters

The API server refuses the object. An exception outside takes nothing away; one as large as the range leaves
nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]
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
    - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.96.0.0/12]}}]
```

## Fix safety

There is no automatic fix.
"""
