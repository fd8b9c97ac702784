"""A field is not known to the API.

## What it does

Reports fields that the API doesn't have, with the name that was probably meant.

## Why it matters

The API server drops them in silence, unless it is asked to be strict. A rule without its misspelt `from` admits
everybody.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelectors: {matchLabels: {app: web}}
  podSelector: {}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes the nearest name that the API knows, where one is near and isn't there already.
What the field says then counts, which may open and close connections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, renamed
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch

_NEAR = re.compile(r"Did you mean (\w+)\?")


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The field under the name that was probably meant."""
    found, near = place(context, finding), _NEAR.fullmatch(finding.hint)
    if found is not None and near is not None:
        raw, path, _ = found
        yield from renamed(raw.ref, raw.body, finding.origin, path, near[1])
