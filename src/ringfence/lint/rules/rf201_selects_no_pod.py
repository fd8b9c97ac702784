"""A policy selects no pod.

## What it does

Finds policies whose pod selector matches no pod of the input.

## Why it matters

A policy that selects nothing guards nothing. Its author believes that some pods are isolated, or that some connection
is allowed, and neither is so.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard-api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
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
metadata: {name: guard-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: the selector may be wrong, or the pods may not be there yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.model.codes import SELECTS_NO_POD
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Policies without a single pod; a namespace of which the input has no pod at all says nothing about them."""
    for _, policy in context.policies:
        namespace = policy.subject.namespace
        if (namespace is not None and namespace not in context.pods_of) or context.selected(policy.subject):
            continue
        yield Finding(
            SELECTS_NO_POD,
            f"{policy.ref} selects no pod: none of the input matches {policy.subject}.",
            policy.subject.origin,
            policy.ref,
            "A policy without pods guards nothing.",
            "Correct the selector, or delete the policy.",
        )
