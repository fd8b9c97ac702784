"""A policy seems to select pods of the host network, which no pod policy guards.

## What it does

Finds pods of the host network whose labels a NetworkPolicy of their namespace asks for.

## Why it matters

A pod of the host network acts as its node: the policy neither limits what it opens nor who connects to it. On the
list of pods that the selector matches it looks guarded.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: agent, image: agent}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: ops}
spec:
  podSelector: {matchLabels: {app: agent}}
  policyTypes: [Ingress, Egress]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: ops, labels: {app: agent}}
spec: {containers: [{name: agent, image: agent}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: ops}
spec:
  podSelector: {matchLabels: {app: agent}}
  policyTypes: [Ingress, Egress]
```

## Fix safety

There is no automatic fix: a pod that needs its node's network must be guarded by a firewall of the node.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import number_of_pods, some_pods, workloads
from ringfence.model.codes import HOST_NETWORK_BYPASS
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.policy import Policy


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a namespace, at the first of the policies that seem to select such pods."""
    hosts: dict[str, list[Pod]] = {}
    for pod in context.snapshot.pods:
        if pod.host_network:
            hosts.setdefault(pod.namespace, []).append(pod)
    found: dict[str, tuple[Policy, dict[int, Pod]]] = {}
    for _, policy in context.policies:
        namespace = policy.subject.namespace
        for pod in hosts.get(namespace or "", ()):
            if policy.subject.pods.matches(pod.labels):
                found.setdefault(pod.namespace, (policy, {}))[1][id(pod)] = pod
    for namespace, (policy, pods) in found.items():
        chosen = tuple(pods.values())
        yield Finding(
            HOST_NETWORK_BYPASS,
            f"{policy.ref} seems to select {number_of_pods(chosen)} of the host network in {namespace}, which it can't "
            f"guard: {some_pods(chosen)}.",
            policy.subject.origin,
            policy.ref,
            "Such pods act as their node and are outside pod policy.",
            "Take hostNetwork away where it isn't needed.",
            workloads(chosen),
        )
