"""podSelector is left out and selects every pod.

## What it does

Reports NetworkPolicies without `spec.podSelector`.

## Why it matters

It was required once; since Kubernetes 1.36 it defaults to the empty selector. The policy isolates every pod of its
namespace, which its author seldom meant.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  policyTypes: [Ingress]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress]
```

## Fix safety

Safe: `--fix` writes `podSelector: {}`, which changes no connection. Look first whether every pod was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The selector that is read."""
    raw = context.raw(finding.subject) if finding.subject is not None else None
    if raw is not None and isinstance(raw.body.get("spec"), dict):
        edit = Edit(EditOp.ADD, ("spec", "podSelector"), {})
        yield edited("Write podSelector: {}", raw.ref, finding.origin, edit)
