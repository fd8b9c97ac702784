"""A label selector is not valid.

## What it does

Reports selectors with a key or value that is no label, an operator that doesn't exist, or an operator with the
wrong number of values.

## Why it matters

The API server refuses the object. A policy with such a selector is left out; a peer with one matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: "web server"}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web-server}}
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes an operator as the API spells it, where only its case is wrong. The policy, which
the API server refused, is then in force. Anything else is left to people.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, replaced
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The operator that differs by its case."""
    found = place(context, finding)
    if found is None or found[1][-1] != "operator" or not isinstance(found[2], str):
        return
    raw, path, value = found
    for word in _OPERATORS:
        if word.lower() == value.lower():
            yield replaced(finding, raw, path, word)
