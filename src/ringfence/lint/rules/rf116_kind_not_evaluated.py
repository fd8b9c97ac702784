"""A kind of policy is not evaluated; answers leave it out.

## What it does

Reports policies of kinds that really restrict traffic, and that are not read, such as those of Cilium and Calico.

## Why it matters

A connection that is said to be allowed may be cut by one of them, and the reverse.

## Example

```yaml
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec: {endpointSelector: {}}
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
