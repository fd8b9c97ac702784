"""The tier of a policy is not in the input.

## What it does

Reports a Calico policy that names a tier whose `Tier` object is not given. The tiers that Calico makes itself
(`default`, `kube-admin`, `kube-baseline`) are known.

## Why it matters

The order of a tier decides which policies come first, and its `defaultAction` what becomes of a connection that no rule
matches. Without the object the tier is taken to be the last one, and to deny at its end: the answers may be wrong.

## Example

```yaml
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security.egress}
spec:
  tier: security
  selector: all()
  egress:
  - action: Pass
```

## Use instead

```yaml
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: security}
spec: {order: 100}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: security.egress}
spec:
  tier: security
  selector: all()
  egress:
  - action: Pass
```

## Fix safety

There is no automatic fix: give the tiers of the cluster (`kubectl get tiers.projectcalico.org -o yaml`) with the
policies.
"""
