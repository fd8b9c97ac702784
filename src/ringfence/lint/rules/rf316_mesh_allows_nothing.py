"""A policy of the mesh allows nothing.

## What it does

Finds AuthorizationPolicies that allow and have no rule, such as `spec: {}`, for pods that no other policy of the mesh
allows anything, and whose name doesn't say that it is so on purpose (`deny`, `nothing`, `default`).

## Why it matters

A workload that a policy with the action ALLOW selects takes only what one of these allows. Without a rule that is
nothing: every TCP connection to the pods is refused. An empty rule, `rules: [{}]`, allows everything instead.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  rules:
  - from: [{source: {namespaces: [ingress]}}]
```

## Fix safety

There is no automatic fix: who is to be allowed, the policy doesn't say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.mesh import ALLOW_STAGE, mesh_policies
from ringfence.lint.naming import workloads
from ringfence.model.codes import MESH_ALLOWS_NOTHING
from ringfence.model.finding import Finding

_ON_PURPOSE = re.compile(r"deny|nothing|none|default|block|lock", re.IGNORECASE)


def check(context: LintContext) -> Iterator[Finding]:
    """Each such policy with the pods that it shuts."""
    allowing = [each for each in mesh_policies(context) if each.stage == ALLOW_STAGE]
    open_to_some = {
        id(pod) for each in allowing if each.spec.get("rules") for pod in context.selected(each.policy.subject)
    }
    for each in allowing:
        if each.spec.get("rules") or _ON_PURPOSE.search(each.policy.ref.name):
            continue
        shut = tuple(pod for pod in context.selected(each.policy.subject) if id(pod) not in open_to_some)
        if shut:
            yield Finding(
                MESH_ALLOWS_NOTHING,
                f"{each.policy.ref} has no rule, and allows nothing: its pods take no TCP connection.",
                each.policy.subject.origin,
                each.policy.ref,
                "Without a rule an AuthorizationPolicy refuses all; rules: [{}] would allow all.",
                "Say who is allowed, or name it deny-all.",
                workloads(shut),
            )
