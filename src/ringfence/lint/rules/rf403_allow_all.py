"""A policy isolates pods and allows them everything.

## What it does

Finds rules that allow every port to, or from, everyone: a rule without peers and ports, or one whose ranges and
selectors together leave nobody out.

## Why it matters

Checks that count policies call the pods guarded. They are as open as without the policy, and since rules add up, no
other NetworkPolicy can limit them.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress: [{}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {}}]
    ports: [{port: 8080}]
```

## Fix safety

There is no automatic fix: which connections are needed, the rule doesn't say. `ringfence reach` lists those in use by
what is declared.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import everything
from ringfence.lint.naming import workloads
from ringfence.model.codes import ALLOW_ALL
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction


def check(context: LintContext) -> Iterator[Finding]:
    """The first such rule of each policy and direction; the others add nothing to it."""
    for _, policy in context.policies:
        for direction in Direction:
            rule = next((rule for rule in policy.rules(direction) if everything(rule)), None)
            pods = context.selected(policy.subject)
            if rule is None or not pods:
                continue
            yield Finding(
                ALLOW_ALL,
                f"{policy.ref} allows all {direction} of its pods, every port and every peer.",
                rule.origin,
                policy.ref,
                "The pods count as isolated and are as open as without the policy.",
                "Name the peers and ports that are needed.",
                workloads(pods),
            )
