"""A field has a value that the API refuses.

## What it does

Reports values of the wrong type or outside what the API allows, such as a `policyTypes` entry that is none.

## Why it matters

The API server refuses the object. The value is read in the safest way, and the finding says which.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [ingress]
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

Unsafe: `--fix --unsafe-fixes` writes a policy type, an action or a tier as the API spells it, where only case or the
name of the other admin API is wrong, and a number without its quotes. What the API server refused is then in force.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, replaced
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch

_ACTIONS = {"ClusterNetworkPolicy": ("Accept", "Deny", "Pass")}
_ADMIN_ACTIONS = ("Allow", "Deny", "Pass")
_TIERS = ("Admin", "Baseline")
_TYPES = ("Ingress", "Egress")
_SAME = {"allow": "Accept", "accept": "Allow"}
"""The action that lets through has another name in each of the two admin APIs."""


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The one word or number that was meant."""
    found = place(context, finding)
    if found is None:
        return
    raw, path, value = found
    if not isinstance(value, str):
        return
    if path[-1] == "priority" and value.isdecimal():
        yield replaced(finding, raw, path, int(value))
        return
    known: tuple[str, ...] = ()
    if "policyTypes" in path:
        known = _TYPES
    elif path[-1] == "tier":
        known = _TIERS
    elif path[-1] == "action":
        known = _ACTIONS.get(raw.ref.kind, _ADMIN_ACTIONS)
    words = (value.capitalize(), _SAME.get(value.lower(), ""))
    yield from (replaced(finding, raw, path, word) for word in words if word in known and word != value)
