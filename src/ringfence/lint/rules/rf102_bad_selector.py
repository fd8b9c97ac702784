"""A label selector is not valid.

## What it does

Reports selectors with a key or value that is no label, an operator that doesn't exist, or an operator with the
wrong number of values.

## Why it matters

The API server refuses the object. A policy with such a selector is left out; a peer with one matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: "web server"}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web-server}}
```

## Fix safety

There is no automatic fix.
"""
