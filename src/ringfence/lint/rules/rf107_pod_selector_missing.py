"""podSelector is left out and selects every pod.

## What it does

Reports NetworkPolicies without `spec.podSelector`.

## Why it matters

It was required once; since Kubernetes 1.36 it defaults to the empty selector. The policy isolates every pod of its
namespace, which its author seldom meant.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  policyTypes: [Ingress]
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

`--fix` writes `podSelector: {}`, which changes no connection. Look first whether every pod was meant.
"""
