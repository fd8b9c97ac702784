"""A field that only Calico Enterprise and Cloud have.

## What it does

Reports `domains` in a rule of a Calico policy.

## Why it matters

Rules by name are of Calico Enterprise and Calico Cloud. Open-source Calico knows no such field: it refuses the policy,
or drops the field, and then the rule is for every destination. Ringfence reads the names as those products do: which
addresses they mean is not in the input.

## Example

```yaml
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: payments-api}
spec:
  selector: app == 'payment'
  types: [Egress]
  egress:
  - action: Allow
    protocol: TCP
    destination:
      domains: [api.example.com]
      ports: [443]
```

## Use instead

```yaml
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: payments-api, labels: {api: payments}}
spec: {nets: [198.51.100.0/24]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: payments-api}
spec:
  selector: app == 'payment'
  types: [Egress]
  egress:
  - action: Allow
    protocol: TCP
    destination:
      selector: api == 'payments'
      ports: [443]
```

## Fix safety

There is no automatic fix: the addresses of a name are not in the input. On Calico Enterprise or Cloud the field is
right, and the finding can be suppressed.
"""
