"""A policy lets pods out to the whole Internet.

## What it does

Finds policies whose egress rules, taken together, cover more than 99 % of the public IPv4 or IPv6 addresses on some
port. It counts addresses and not spellings: `0.0.0.0/0`, two halves of it, or all but the private ranges and the block
of one site are the same; the finding says which share is covered. Rules for the ports of DNS only are
[RF407](RF407.md), rules for all ports and peers [RF403](RF403.md).

## Why it matters

A pod that may reach every server on a port may send data to anyone's.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 0.0.0.0/1}
    - ipBlock: {cidr: 128.0.0.0/1}
    ports: [{port: 443}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock: {cidr: 198.51.100.0/24}
    ports: [{port: 443}]
```

## Fix safety

There is no automatic fix: which addresses are needed, the rule doesn't say.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import worldwide
from ringfence.lint.naming import workloads
from ringfence.model.codes import WORLD_EGRESS
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction
from ringfence.model.ports import PortSet, Protocol

_DNS = PortSet.point(Protocol.UDP, 53) | PortSet.point(Protocol.TCP, 53) | PortSet.point(Protocol.TCP, 853)


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy; the rules that cover the Internet together are its evidence."""
    for world in worldwide(context, Direction.EGRESS):
        if world.ports <= _DNS:
            continue
        places = [f"rule: {rule.origin}" for rule in world.rules]
        yield Finding(
            WORLD_EGRESS,
            f"{world.policy.ref} lets its pods out to {world.addresses} on {world.ports}.",
            world.rules[0].origin,
            world.policy.ref,
            "A pod that may reach every server on a port may send data to anyone's.",
            "Name the addresses that are needed.",
            (*(places if len(places) > 1 else ()), *workloads(context.selected(world.policy.subject))),
        )
