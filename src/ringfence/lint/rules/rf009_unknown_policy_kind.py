"""A kind looks like a policy and is not known.

## What it does

Reports objects that can only be meant as a network policy, of a kind that no API has, and names the nearest one
that exists.

## Why it matters

The API server refuses the object, so the cluster doesn't have the policy that its author believes in.

## Example

```yaml
apiVersion: projectcalico.org/v3
kind: EgressPolicy
metadata: {name: web, namespace: shop}
spec: {selector: app == "web"}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
```

## Fix safety

There is no automatic fix.
"""
