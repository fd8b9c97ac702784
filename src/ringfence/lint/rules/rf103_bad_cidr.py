"""An address range is not valid.

## What it does

Reports ranges that are no `address/length`, such as one with an octet over 255.

## Why it matters

The API server refuses the object. The entry matches nothing.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 503.0.0.0/8}}]
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
    - to: [{ipBlock: {cidr: 50.3.0.0/16}}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes a single address as the range that holds only this address, such as
`10.0.0.7/32`; the policy, which the API server refused, is then in force. There is no automatic fix for anything else:
which addresses were meant can't be told.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import place, replaced
from ringfence.model.finding import Finding
from ringfence.model.patch import Patch


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The range of one address."""
    found = place(context, finding)
    if found is None or not isinstance(found[2], str):
        return
    raw, path, value = found
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return
    yield replaced(finding, raw, path, f"{value}/{address.max_prefixlen}")
