"""An empty list of rules alone isolates nothing.

## What it does

Reports NetworkPolicies with `egress: []` and no `policyTypes`.
Of Cilium's policies it reports those with an empty list and no rule for the direction.

## Why it matters

An empty list counts as absent, and without `policyTypes` egress is isolated only where there are egress rules: the
policy that was to deny egress denies ingress. Cilium isolates a direction that has a rule, and an empty list has none:
the policy that was to deny everything denies nothing.

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
meant to say. It cuts all egress of the pods, save what other policies allow. For Cilium it writes the empty rule,
`[{}]`, which cuts the direction of the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.cilium import is_cilium
from ringfence.fix.shapes import path_of
from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The types that make the empty list count."""
    raw = context.raw(finding.subject) if finding.subject is not None else None
    if raw is not None and is_cilium(raw.ref):
        path = path_of(finding.origin)
        yield edited(f"Write {path[-1]}: [{{}}]", raw.ref, finding.origin, Edit(EditOp.REPLACE, path, [{}]))
    elif raw is not None:
        edit = Edit(EditOp.ADD, ("spec", "policyTypes"), ["Ingress", "Egress"])
        yield edited("Add policyTypes: [Ingress, Egress]", raw.ref, finding.origin, edit)
