"""Only a staged policy guards pods, and it enforces nothing.

## What it does

Reports a staged policy of Calico that would guard pods in a direction in which no enforced policy does.

## Why it matters

A staged policy is a rehearsal: it shows in flow logs what it would deny. In a list of policies it looks like a guard,
and a rehearsal that nobody ends leaves the pods open.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: StagedNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == 'web'
  ingress:
  - {action: Allow, source: {selector: app == 'shop'}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: app == 'web'
  ingress:
  - {action: Allow, source: {selector: app == 'shop'}}
```

## Fix safety

There is no automatic fix: see what enforcing it would cut, `ringfence diff --staged INPUT INPUT`, then decide.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects import read_policies, staged_of, with_staged
from ringfence.engine.match import pod_matches
from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import STAGED_ONLY
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.policy import Direction, Policy


def check(context: LintContext) -> Iterator[Finding]:
    """Staged policies for pods that nothing else guards."""
    staged = staged_of(context.snapshot)
    if not staged:
        return
    enforced, _ = read_policies(with_staged(context.snapshot))
    for policy in enforced.policies():
        raw = staged.get((policy.ref, policy.origin))
        if raw is None:
            continue
        for direction in Direction:
            open_ = [
                pod
                for pod in _selected(context, policy)
                if direction in policy.isolates and not context.engine.isolated(direction, context.engine.atom(pod))
            ]
            if open_:
                yield Finding(
                    STAGED_ONLY,
                    f"{raw.ref} is all that would guard the {direction} of {some_pods(open_)}, and a staged policy "
                    "enforces nothing.",
                    raw.origin("kind"),
                    raw.ref,
                    "Until it is enforced, nothing limits these pods.",
                    "Enforce it when its rehearsal is over; `ringfence diff --staged` shows what that changes.",
                    workloads(open_),
                )


def _selected(context: LintContext, policy: Policy) -> Iterator[Pod]:
    """The pods that a policy would select; the engine's tables don't know what only it asks for."""
    for namespace, pods in context.pods_of.items():
        if policy.subject.namespace in (None, namespace):
            yield from (pod for pod in pods if pod_matches(policy.subject, pod, context.engine.facts))
