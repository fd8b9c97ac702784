"""A port entry is not valid.

## What it does

Reports ports that are out of range, names that are none, an unknown protocol, and an `endPort` below its `port`,
without one, or beside a name.

## Why it matters

The API server refuses the object. The entry matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - ports: [{port: 9000, endPort: 8000}]
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - ports: [{port: 8000, endPort: 9000}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes a number without its quotes, and a protocol in capitals. The policy, which the API
server refused, is then in force. Anything else is left to people.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, replaced
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch
from ringfence.model.ports import MAX_PORT, MIN_PORT, Protocol


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The number, or the protocol, that was meant."""
    found = place(context, finding)
    if found is None or not isinstance(found[2], str):
        return
    raw, path, value = found
    if path[-1] == "protocol" and value.upper() in Protocol.__members__:
        yield replaced(finding, raw, path, value.upper())
    elif value.isdecimal() and MIN_PORT <= int(value) <= MAX_PORT:
        yield replaced(finding, raw, path, int(value))
