"""The same object is given twice.

## What it does

Reports an object with the kind, namespace and name of an earlier one. The later one is used, as `kubectl apply`
would.

## Why it matters

One of the two has no effect in the cluster, and who reads it is misled.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
```

## Fix safety

Safe where both are the same policy, word for word, in one file: `--fix` deletes the one that stands later. There is no
automatic fix where they differ: which of the two was meant can't be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import deleted
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """Without the later of two policies that say the same in one file."""
    if finding.subject is not None and finding.evidence and context.raw(finding.subject) is not None:
        yield deleted(finding.subject, finding.origin)
