"""The end of a tier cuts what later policies would allow.

## What it does

Reports a tier of Calico that has a policy for pods and no rule for the rest of their traffic, where policies of later
tiers, or NetworkPolicies, have rules that allow such traffic to the same pods.

## Why it matters

At the end of a tier that has a policy for a pod, what no rule matched is denied; later tiers are not asked. Whoever
adds one allowing rule to an early tier takes every other decision about those pods from the teams after it.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: platform}
spec: {order: 100}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: metrics}
spec:
  tier: platform
  selector: all()
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [9090]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - ports: [{port: 80}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: platform}
spec: {order: 100}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: metrics}
spec:
  tier: platform
  selector: all()
  types: [Ingress]
  ingress:
  - {action: Allow, protocol: TCP, destination: {ports: [9090]}}
  - {action: Pass}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
  - ports: [{port: 80}]
```

## Fix safety

There is no automatic fix: a Pass opens what later policies allow, and a Deny written out says that this is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.calico import DEFAULT, decides_all, guarding, tiers
from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import TIER_END
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, Direction, Policy


def check(context: LintContext) -> Iterator[Finding]:
    """Tiers that deny at their end what policies after them would allow."""
    for stage, later in tiers(context):
        if not stage.closes or stage.name == DEFAULT:
            continue
        for direction in Direction:
            after = dict(guarding(context, later, direction))
            cut: dict[int, tuple[Policy, Policy, list[Pod]]] = {}
            for number, policies in guarding(context, (stage,), direction):
                allowing = next((each for each in after.get(number, ()) if _allows(each, direction)), None)
                if allowing is None or any(decides_all(each, direction) for each in policies):
                    continue
                last = policies[-1]
                cut.setdefault(id(last), (last, allowing, []))[2].extend(context.engine.universe.atoms[number].pods)
            for policy, allowing, pods in cut.values():
                yield Finding(
                    TIER_END,
                    f"The end of {stage.name} denies the {direction} of {some_pods(pods)} that no rule of it matches: "
                    f"{allowing.ref} is asked for none of that.",
                    policy.origin,
                    policy.ref,
                    "A tier with a policy for a pod denies what none of its rules matches; later tiers are not asked.",
                    "End with a rule `action: Pass`, or set the tier's defaultAction to Pass; if meant, with Deny.",
                    workloads(pods),
                )


def _allows(policy: Policy, direction: Direction) -> bool:
    return any(rule.action is Action.ALLOW for rule in policy.rules(direction))
