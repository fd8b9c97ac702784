"""Two policies that disagree have the same order.

## What it does

Reports two policies of one tier of Calico with the same order, or both without one, that select the same pods for the
same direction, where one has a rule that denies or passes and the other one that allows.

## Why it matters

Policies of one order are judged by name. Renaming one, or a new one whose name comes earlier, turns a deny into an
allow, and nobody who reads the policies can see it coming.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: allow-http}
spec:
  order: 10
  selector: app == 'web'
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: deny-guests}
spec:
  order: 10
  selector: all()
  ingress:
  - {action: Deny, source: {selector: role == 'guest'}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: allow-http}
spec:
  order: 20
  selector: app == 'web'
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [80]}}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: deny-guests}
spec:
  order: 10
  selector: all()
  ingress:
  - {action: Deny, source: {selector: role == 'guest'}}
```

## Fix safety

There is no automatic fix: the order is for their authors to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ringfence.lint.calico import guarding, tiers
from ringfence.lint.context import LintContext
from ringfence.model.codes import EQUAL_ORDER
from ringfence.model.finding import Finding
from ringfence.model.policy import Action, Direction, Policy

_AGAINST = frozenset({Action.DENY, Action.PASS})


def check(context: LintContext) -> Iterator[Finding]:
    """Pairs of policies whose names decide which of them is judged first."""
    for stage, _ in tiers(context):
        told: set[tuple[int, int]] = set()
        for direction in Direction:
            for _, policies in guarding(context, (stage,), direction):
                for first, second in combinations(policies, 2):
                    if (id(first), id(second)) in told or not _disagree(first, second, direction):
                        continue
                    told.add((id(first), id(second)))
                    order = f"order {first.order[0]:g}" if first.order[0] != float("inf") else "no order"
                    yield Finding(
                        EQUAL_ORDER,
                        f"{second.ref} and {first.ref} have {order} in {stage.name}, and disagree on {direction}: "
                        f"{first.ref.name} is judged first because of its name.",
                        second.origin,
                        second.ref,
                        "Of policies with one order the first by name is judged first.",
                        "Give them orders, the stricter one the lower.",
                        (f"judged first: {first.ref} {first.origin}",),
                    )


def _disagree(first: Policy, second: Policy, direction: Direction) -> bool:
    if first.order[0] != second.order[0]:
        return False
    actions = [{rule.action for rule in each.rules(direction)} for each in (first, second)]
    return any(Action.ALLOW in one and other & _AGAINST for one, other in (actions, actions[::-1]))
