"""A policy lets the whole Internet in.

## What it does

Finds policies whose ingress rules, taken together, cover more than 99 % of the public IPv4 or IPv6 addresses on some
port: a rule with ports and no `from`, `0.0.0.0/0`, or two halves of it. Pods that are there for everyone are left out:
ingress controllers, DNS servers, and the servers of webhooks, whose caller no selector matches.

## Why it matters

Whoever can route to a pod may connect to it. A rule without `from` also lets in every pod of every namespace.

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
  policyTypes: [Ingress]
  ingress:
  - from:
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
  policyTypes: [Ingress]
  ingress:
  - from:
    - ipBlock: {cidr: 198.51.100.0/24}
    ports: [{port: 443}]
```

## Fix safety

There is no automatic fix: which addresses are needed, the rule doesn't say.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import for_everyone, worldwide
from ringfence.lint.naming import workloads
from ringfence.model.codes import WORLD_INGRESS
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy; the rules that cover the Internet together are its evidence."""
    for world in worldwide(context, Direction.INGRESS):
        if all(id(pod) in context.once(for_everyone) for pod in context.selected(world.policy.subject)):
            continue
        places = [f"rule: {rule.origin}" for rule in world.rules]
        yield Finding(
            WORLD_INGRESS,
            f"{world.policy.ref} lets {world.addresses} in on {world.ports}.",
            world.rules[0].origin,
            world.policy.ref,
            "Whoever can route to a pod may connect to it.",
            "Name the addresses that are needed.",
            (*(places if len(places) > 1 else ()), *workloads(context.selected(world.policy.subject))),
        )
