"""A kind of policy is not evaluated; answers leave it out.

## What it does

Reports policies of kinds that really restrict traffic, and that are not read, such as those of Antrea and Linkerd.

## Why it matters

A connection that is said to be allowed may be cut by one of them, and the reverse.

## Example

```yaml
apiVersion: crd.antrea.io/v1beta1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {priority: 5, appliedTo: [{podSelector: {}}]}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
```

## Fix safety

There is no automatic fix.
"""
