"""A deny undoes all that a rule allows.

## What it does

Finds rules that allow only what one deny of a Cilium policy denies to the same pods. Each is proved: the engine finds
no connection that changes without the rule.

## Why it matters

A deny of Cilium wins over every allow, of any policy, whichever was there first. An allow that was added later, to make
an exception, changes nothing.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingressDeny:
  - fromEndpoints: [{}]
  ingress:
  - fromEndpoints:
    - matchLabels: {app: web}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints:
    - matchLabels: {app: web}
```

## Fix safety

There is no automatic fix: either the deny is too wide, or the rule should go.

Source: Cilium documentation, "Deny policies".
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.cilium import undone
from ringfence.lint.context import LintContext
from ringfence.lint.redundancy import without_rule
from ringfence.model.codes import DENIED_ANYWAY
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with the deny."""
    for placed, deny in undone(context):
        if not without_rule(context, placed):
            continue
        where = "the same policy" if deny.policy.ref == placed.policy.ref else str(deny.policy.ref)
        yield Finding(
            DENIED_ANYWAY,
            f"All that an {placed.direction} rule of {placed.policy.ref} allows is denied by {where}.",
            placed.rule.origin,
            placed.policy.ref,
            "A deny of Cilium wins over every allow.",
            "Narrow the deny, or delete the rule.",
            (f"denied by: {deny.policy.ref} {deny.rule.origin}",),
        )
