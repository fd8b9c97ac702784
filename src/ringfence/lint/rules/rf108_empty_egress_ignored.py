"""An empty egress list alone isolates nothing.

## What it does

Reports NetworkPolicies with `egress: []` and no `policyTypes`.

## Why it matters

An empty list counts as absent, and without `policyTypes` egress is isolated only where there are egress rules: the
policy that was to deny egress denies ingress.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  egress: []
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` adds `policyTypes: [Ingress, Egress]`, which is what an empty list was most probably
meant to say. It cuts all egress of the pods, save what other policies allow.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The types that make the empty list count."""
    raw = context.raw(finding.subject) if finding.subject is not None else None
    if raw is not None:
        edit = Edit(EditOp.ADD, ("spec", "policyTypes"), ["Ingress", "Egress"])
        yield edited("Add policyTypes: [Ingress, Egress]", raw.ref, finding.origin, edit)
