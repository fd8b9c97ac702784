"""An empty egress list alone isolates nothing.

## What it does

Reports NetworkPolicies with `egress: []` and no `policyTypes`.

## Why it matters

An empty list counts as absent, and without `policyTypes` egress is isolated only where there are egress rules: the
policy that was to deny egress denies ingress.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  egress: []
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
```

## Fix safety

There is no automatic fix: adding the policy type cuts all egress of the pods.
"""
