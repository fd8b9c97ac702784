"""A field has a value that the API refuses.

## What it does

Reports values of the wrong type or outside what the API allows, such as a `policyTypes` entry that is none.

## Why it matters

The API server refuses the object. The value is read in the safest way, and the finding says which.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [ingress]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Fix safety

There is no automatic fix.
"""
