"""A selector matches unrelated workloads by one shared label.

## What it does

Finds policies whose selector is a single label, which workloads of different purposes share: they are told apart by
another label of identity (`app`, `app.kubernetes.io/name`, `component` and their like), and the ports that the policy
opens are ports of some of them and of none of the others.

## Why it matters

The policy was written for one workload, and isolates the others with it: their own connections are cut, or what the
policy opens is opened to them too.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: shop, component: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache-0, namespace: shop, labels: {app: shop, component: cache}}
spec: {containers: [{name: cache, image: cache, ports: [{containerPort: 6379}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: shop}}
  ingress:
    - ports: [{port: 8080}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: shop, component: web}}
spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cache-0, namespace: shop, labels: {app: shop, component: cache}}
spec: {containers: [{name: cache, image: cache, ports: [{containerPort: 6379}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: shop, component: web}}
  ingress:
    - ports: [{port: 8080}]
```

## Fix safety

There is no automatic fix: a narrower selector ends the isolation of the other workloads.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods
from ringfence.model.codes import ACCIDENTAL_MATCH
from ringfence.model.finding import Finding
from ringfence.model.labels import AllOf, Operator, Requirement
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.policy import Direction, Policy
from ringfence.model.ports import resolve_ports

IDENTITY = (
    "app",
    "app.kubernetes.io/component",
    "app.kubernetes.io/name",
    "component",
    "k8s-app",
    "name",
    "role",
    "tier",
)
"""The label keys that say what a workload is."""


def check(context: LintContext) -> Iterator[Finding]:
    """One-label policies for ingress whose ports belong to some of their workloads only."""
    for _, policy in context.policies:
        key = _single_key(policy)
        if key is None or not policy.isolates >= {Direction.INGRESS} or not policy.ingress:
            continue
        workloads: dict[WorkloadRef, Pod] = {pod.workload: pod for pod in context.selected(policy.subject)}
        meant = [pod for pod in workloads.values() if _opens(policy, pod) is True]
        others = [pod for pod in workloads.values() if _opens(policy, pod) is False]
        unrelated = [pod for pod in others if meant and all(_differ(pod, other, key) for other in meant)]
        if not unrelated:
            continue
        yield Finding(
            ACCIDENTAL_MATCH,
            f"{policy.ref} selects {some_pods(unrelated)} too, by `{policy.subject.pods}` alone; "
            f"its ports are those of {some_pods(meant)}.",
            policy.subject.origin,
            policy.ref,
            "Workloads that share the label by accident are isolated, and none of their ports is opened.",
            "Select by a second label, or give the other workloads a policy of their own.",
            tuple(f"{some_pods([pod])}: {_identity(pod, key)}" for pod in (*meant, *unrelated)),
        )


def _single_key(policy: Policy) -> str | None:
    """The key of a selector that is one label with one value."""
    match policy.subject.pods:
        case AllOf((Requirement(key, Operator.IN, (_,)),)):
            return key
    return None


def _opens(policy: Policy, pod: Pod) -> bool | None:
    """Does the policy open a port that the pod declares? ``None`` where it declares none, or all ports are open."""
    if not pod.ports or any(rule.ports is None for rule in policy.ingress):
        return None
    return any(
        resolve_ports(rule.ports, pod.ports).has(port.protocol, port.number)
        for rule in policy.ingress
        for port in pod.ports
    )


def _differ(one: Pod, other: Pod, shared: str) -> bool:
    return any(
        key != shared and key in one.labels and key in other.labels and one.labels[key] != other.labels[key]
        for key in IDENTITY
    )


def _identity(pod: Pod, shared: str) -> str:
    labels = [f"{key}={pod.labels[key]}" for key in IDENTITY if key != shared and key in pod.labels]
    ports = [f"{port.protocol} {port.number}" for port in pod.ports]
    return f"{', '.join(labels)}; ports {', '.join(ports)}"
