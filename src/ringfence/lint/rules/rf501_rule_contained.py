"""A rule lies within another rule and adds nothing.

## What it does

Finds rules of which everything, for any pod that may come, is also allowed by one other rule: of the same policy, or
of a policy that selects at least the same pods. Each is proved: the engine finds no connection that changes without
it. Rules of a tier, where the first that matches decides, are RF503's.

## Why it matters

Someone who removes the wider rule believes that the narrow one is all that is left, and someone who removes the
narrow one believes that access is gone. Neither sees from one rule what is allowed.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    ports: [{port: 8080}]
  - from:
    - podSelector: {matchLabels: {app: web}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    ports: [{port: 8080}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` deletes the narrow rule, with the comments in it, where it isn't the only one of its
list. No connection changes, which is proved; but the wide rule may be the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.words import rule_number
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.proposals import rule_removed
from ringfence.lint.redundancy import redundancy
from ringfence.model.codes import RULE_CONTAINED
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Rules within another rule; those of policies that have no effect at all are told as policies."""
    for container in context.once(redundancy).contained:
        inner, outer = container.inner, container.outer
        yield Finding(
            RULE_CONTAINED,
            f"{named(inner)} of {inner.policy.ref} adds nothing: {_outer(inner, outer)} allows all of it.",
            inner.rule.origin,
            inner.policy.ref,
            "Without it nothing would change, so it says less than it seems to.",
            "Delete it, or narrow the other one if that was the mistake.",
            (f"within: {outer.policy.ref} {outer.rule.origin}",),
            tuple(rule_removed(context, inner.policy.ref, inner.rule.origin, f"Delete {named(inner).lower()}")),
        )


def named(placed: PlacedRule) -> str:
    """``Ingress rule 2``, counted from 1."""
    number = rule_number(placed)
    return number[0].upper() + number[1:]


def _outer(inner: PlacedRule, outer: PlacedRule) -> str:
    name = named(outer)
    name = name[0].lower() + name[1:]
    return name if outer.policy is inner.policy else f"{name} of {outer.policy.ref}"
