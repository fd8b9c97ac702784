"""A policy selects no pod.

## What it does

Finds policies whose pod selector matches no pod of the input. A namespace of which the input has no pod at all says
nothing about its policies, unless the policy names no namespace, or the input is a whole cluster, and the selector fits
pods of another namespace. A selector that misses by one label is the matter of `RF203`.

## Why it matters

A policy that selects nothing guards nothing. Its author believes that some pods are isolated, or that some connection
is allowed, and neither is so. Pods of the host network are never selected, whatever their labels are.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard-api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
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
metadata: {name: guard-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: the selector may be wrong, or the pods may not be there yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods
from ringfence.lint.near import near_miss
from ringfence.model.codes import SELECTS_NO_POD
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod
from ringfence.model.policy import PodPeer, Policy


def check(context: LintContext) -> Iterator[Finding]:
    """Policies without a single pod."""
    for _, policy in context.policies:
        subject = policy.subject
        if context.selected(subject) or near_miss(context, subject) is not None:
            continue
        elsewhere = _elsewhere(context, policy)
        if not context.has_pods(subject) and not elsewhere:
            continue
        hosts = _on_the_host_network(context, policy)
        if hosts:
            why = f"Pods of the host network are outside pod policy: {some_pods(hosts)} would match otherwise."
            hint = "Delete the policy, or take hostNetwork from the pods; guard the nodes with a firewall."
        elif elsewhere:
            why = f"A policy selects pods of its own namespace only; {some_pods(elsewhere)} would match otherwise."
            hint = f"Write metadata.namespace: {elsewhere[0].namespace}, if those are meant."
        else:
            why = "A policy without pods guards nothing and allows nothing."
            hint = "Correct the selector, or delete the policy."
        what = f"{policy.ref} selects no pod: none matches {subject}."
        yield Finding(SELECTS_NO_POD, what, subject.origin, policy.ref, why, hint)


def _elsewhere(context: LintContext, policy: Policy) -> tuple[Pod, ...]:
    """The pods that the selector matches in other namespaces, where the policy's own has no pods.

    Only in the input of a whole cluster, or where the policy names no namespace and so landed in ``default``:
    otherwise the namespace's pods may just not be in the input.
    """
    raw = context.raw(policy.ref)
    metadata = raw.body.get("metadata") if raw is not None else None
    unnamed = isinstance(metadata, dict) and not metadata.get("namespace")
    subject = policy.subject
    if subject.namespace is None or subject.namespace in context.pods_of or subject.pods == EVERYTHING:
        return ()
    return context.selected(PodPeer(None, EVERYTHING, subject.pods)) if unnamed or context.whole else ()


def _on_the_host_network(context: LintContext, policy: Policy) -> tuple[Pod, ...]:
    namespaces = set(context.namespaces(policy.subject))
    return tuple(
        pod
        for pod in context.snapshot.pods
        if pod.host_network and pod.namespace in namespaces and policy.subject.pods.matches(pod.labels)
    )
