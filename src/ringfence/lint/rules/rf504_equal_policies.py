"""Two policies say the same.

## What it does

Finds policies of one namespace that select the same pods and have the same rules, in whatever order; in a tier, where
the first rule that matches decides, in the same order. Each is proved: the engine finds no connection that changes
without one of them. A Cilium policy that denies as well as allows is not looked at.

## Why it matters

Access is taken away in one and stays in the other. Two names for one policy are usually two owners who don't know of
one another: a chart and a hand-written file, an old name and the new one.

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
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-web-to-api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress]
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
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` deletes the policy that stands later. No connection changes, which is proved;
but which of the two is kept up to date, the manifests don't say.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import deleted
from ringfence.lint.redundancy import redundancy
from ringfence.model.codes import EQUAL_POLICIES
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Each policy that says what an earlier one says."""
    for _, policy, first in context.once(redundancy).equal:
        yield Finding(
            EQUAL_POLICIES,
            f"{policy.ref} and {first.ref} select the same pods and have the same rules.",
            policy.origin,
            policy.ref,
            "A change of one of them is without effect as long as the other is there.",
            f"Keep one of them; the other is at {first.origin}." if first.origin.position.file else "Keep one of them.",
            (f"equal: {first.ref} {first.origin}",),
            (deleted(policy.ref, policy.origin),),
        )
