"""A policy has no effect: others isolate the same pods and allow everything that it allows.

## What it does

Finds policies whose pods are isolated by other policies as well, and whose rules all lie within rules of other
policies, for any pod that may come. A default deny, which has no rules, is never reported: it holds when the others
go. Each finding is proved: the engine finds no connection that changes without the policy. Policies of a tier, where
the first rule that matches decides, are not looked at: RF503 and RF504 are. Nor is a Cilium policy that also denies.

## Why it matters

A policy without effect is read, reviewed and kept up to date for nothing, and hides which one decides.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from: [{podSelector: {}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
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
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec:
  podSelector: {}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` deletes the policy. No connection changes, which is proved; but the wider
policy may be the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some
from ringfence.lint.proposals import deleted
from ringfence.lint.redundancy import redundancy
from ringfence.model.codes import POLICY_WITHOUT_EFFECT
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Policies that others cover altogether."""
    for _, policy, covers in context.once(redundancy).idle:
        names = [str(other.ref) for other in covers]
        isolates, allows = ("isolates", "allows") if len(names) == 1 else ("isolate", "allow")
        yield Finding(
            POLICY_WITHOUT_EFFECT,
            f"{policy.ref} has no effect: {some(names)} {isolates} the same pods and {allows} all that it allows.",
            policy.origin,
            policy.ref,
            "Without it nothing would change.",
            "Delete it, or narrow the others if that was meant.",
            tuple(f"within: {other.ref} {other.origin}" for other in covers),
            (deleted(policy.ref, policy.origin),),
        )
