"""A namespace, or a pod, accepts every connection.

## What it does

Finds namespaces, and pods of namespaces that are guarded otherwise, whose ingress no policy limits. It looks at what
policies come to and not at whether there are any: a policy for other pods, or for egress only, isolates nothing here.
Left out are kube-system and its like, ingress controllers and DNS servers; an allow-all policy is
[RF403](RF403.md).

## Why it matters

Every pod of the cluster, and whatever reaches the pod network, may connect to every port. One pod that is taken over
is enough.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: other, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
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
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
```

## Fix safety

There is no automatic fix: a default deny cuts what is needed and not yet allowed. `ringfence generate default-deny`
makes one that keeps DNS, and says what it would close.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import not_isolated
from ringfence.model.codes import INGRESS_NOT_ISOLATED
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a namespace: for all of it, or for the pods that were forgotten."""
    yield from not_isolated(
        context,
        Direction.INGRESS,
        INGRESS_NOT_ISOLATED,
        "they accept every connection",
        "Whoever gets into one pod of the cluster gets to these.",
    )
