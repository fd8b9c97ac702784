"""A policy is for a gateway, and answers leave it out.

## What it does

Reports an Istio AuthorizationPolicy with `targetRef` or `targetRefs`: it is enforced at a gateway or a waypoint proxy.

## Why it matters

Ringfence judges connections from pod to pod, and knows of no proxy that stands between them. A connection through the
gateway that is said to be allowed may be cut by such a policy.

## Example

```yaml
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: gateway, namespace: shop}
spec:
  targetRefs:
  - {group: gateway.networking.k8s.io, kind: Gateway, name: web}
  action: DENY
  rules: [{}]
```

## Use instead

```yaml
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  action: DENY
  rules: [{}]
```

## Fix safety

There is no automatic fix: a policy of workloads says something else.
"""
