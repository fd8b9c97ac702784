"""An exception is not inside its range.

## What it does

Reports entries of `except` that are not strictly inside the `cidr` beside them.

## Why it matters

The API server refuses the object. An exception outside takes nothing away; one as large as the range leaves
nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [192.168.0.0/16]}}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.96.0.0/12]}}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` takes an exception out that takes nothing away. No address is allowed that wasn't, but
the policy, which the API server refused, is then in force. An exception that leaves nothing of its range is left to
people.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited, place, value_at
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """Without the exception, or without the list where it is the only one."""
    found = place(context, finding)
    if found is None or "takes nothing away" not in finding.what:
        return
    raw, path, value = found
    alone = len(value_at(raw.body, path[:-1]) or ()) == 1
    edit = Edit(EditOp.REMOVE, path[:-1] if alone else path)
    yield edited(f"Take the exception {value} out", raw.ref, finding.origin, edit)
