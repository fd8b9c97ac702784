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
from ringfence.lint.exposure import unguarded
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import INGRESS_NOT_ISOLATED
from ringfence.model.finding import Finding
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a namespace: for all of it, or for the pods that were forgotten."""
    for found in unguarded(context, Direction.INGRESS):
        namespace = context.snapshot.namespaces.get(found.namespace)
        given = namespace is not None and bool(namespace.origin.position.file)
        ref = ObjectRef("Namespace", found.namespace, api_version="v1")
        what = f"{ref}: no pod is isolated for ingress; they accept every connection."
        if not found.whole:
            what = (
                f"{ref}: {some_pods(found.pods)} {_is(found.pods)} not isolated for ingress, and other pods there are."
            )
        yield Finding(
            INGRESS_NOT_ISOLATED,
            what,
            namespace.origin if found.whole and given and namespace is not None else found.pods[0].origin,
            ref,
            "Whoever gets into one pod of the cluster gets to these.",
            f"See what a default deny would close: ringfence generate default-deny PATH -n {found.namespace}.",
            workloads(found.pods),
        )


def _is(pods: tuple[object, ...]) -> str:
    return "is" if len(pods) == 1 else "are"
