"""A rule of a tier is never reached: an earlier rule decides all of its traffic.

## What it does

Finds rules of ClusterNetworkPolicy and AdminNetworkPolicy of which everything is matched, for any pod that may come,
by one rule that is judged before. Each is proved: the engine finds no connection that changes without it.

## Why it matters

The first rule that matches decides. A Deny after a wider Accept or Pass denies nothing, though it is the line that an
auditor finds.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  egress:
  - name: everything
    action: Pass
    to: [{networks: ["0.0.0.0/0"]}]
  - name: metadata
    action: Deny
    to: [{networks: ["169.254.169.254/32"]}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  egress:
  - name: metadata
    action: Deny
    to: [{networks: ["169.254.169.254/32"]}]
  - name: everything
    action: Pass
    to: [{networks: ["0.0.0.0/0"]}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` deletes the rule where it isn't the only one of its list. No connection changes, which is
proved; but the rule may have to come earlier instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.words import rule_number
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.proposals import rule_removed
from ringfence.lint.redundancy import redundancy, shadowed, without_rule
from ringfence.model.codes import RULE_SHADOWED
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Rules that an earlier one of their tier keeps all traffic from."""
    twins = {id(policy) for _, policy, _ in context.once(redundancy).equal}  # RF504 tells of them as a whole
    for placed, earlier in shadowed(context):
        if id(placed.policy) in twins or not without_rule(context, placed):
            continue
        name, other = _called(placed), _called(earlier)
        where = "the same policy" if earlier.policy is placed.policy else f"{earlier.policy.ref}"
        title = f"Delete {placed.direction} rule {name}"
        yield Finding(
            RULE_SHADOWED,
            f"{str(placed.direction).capitalize()} rule {name} of {placed.policy.ref} is never reached: rule {other} "
            f"of {where}, which is judged before, decides all of its traffic ({earlier.rule.action}).",
            placed.rule.origin,
            placed.policy.ref,
            "The first rule that matches decides.",
            "Move it before the other, or delete it.",
            (f"shadowed by: {earlier.policy.ref} {earlier.rule.origin}",),
            tuple(rule_removed(context, placed.policy.ref, placed.rule.origin, title)),
        )


def _called(placed: PlacedRule) -> str:
    """The rule's name, or its number in the manifest: one rule there may be read into several."""
    return placed.rule.name or rule_number(placed).rpartition(" ")[2]
