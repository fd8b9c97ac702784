"""A field is not known to the API.

## What it does

Reports fields that the API doesn't have, with the name that was probably meant.

## Why it matters

The API server drops them in silence, unless it is asked to be strict. A rule without its misspelt `from` admits
everybody.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelectors: {matchLabels: {app: web}}
  podSelector: {}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: the right field changes what the policy does.
"""
