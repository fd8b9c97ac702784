"""An address range has host bits set.

## What it does

Reports ranges whose address is not the first of the range, such as `10.0.0.7/24`.

## Why it matters

The whole range is meant by it, not the one address: 256 addresses here. API servers warn of it since 1.33.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.0.0.7/24}}]
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
    - to: [{ipBlock: {cidr: 10.0.0.7/32}}]
```

## Fix safety

Safe: `--fix` writes the range as it is read, which changes no connection. Look first whether the one address was meant.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, replaced
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The range with its host bits masked."""
    found = place(context, finding)
    if found is None:
        return
    raw, path, value = found
    try:
        network = ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return
    yield replaced(finding, raw, path, str(network))
