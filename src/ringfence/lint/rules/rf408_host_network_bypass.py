"""Pods of the host network are outside a policy that seems to guard them, or to shut them out.

## What it does

Finds pods of the host network whose labels a policy asks for: a NetworkPolicy of their namespace, or a cluster-wide
policy whose subject is not every pod. And those, of no DaemonSet and outside the system's namespaces, that run on one
node with pods whose policies let nothing in from them: a node always reaches the pods that it runs.

## Why it matters

A pod of the host network acts as its node: the policy neither limits what it opens nor who connects to it. On the
list of pods that the selector matches it looks guarded; and a guard of other pods on its node looks closed.

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
from ringfence.lint.exposure import SYSTEM
from ringfence.lint.groups import groups
from ringfence.lint.naming import distinct, number_of_pods, some, some_pods, workloads
from ringfence.model.codes import HOST_NETWORK_BYPASS
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Action, PodPeer, Policy


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a namespace with such pods, at the first policy that asks for them; one a workload that gets past."""
    hosts: dict[str, list[Pod]] = {}
    for pod in context.snapshot.pods:
        if pod.host_network:
            hosts.setdefault(pod.namespace, []).append(pod)
    if hosts:
        yield from _seem_selected(context, hosts)
        yield from _get_past(context, hosts)


def _seem_selected(context: LintContext, hosts: dict[str, list[Pod]]) -> Iterator[Finding]:
    found: dict[str, tuple[Policy, dict[int, Pod]]] = {}
    for _, policy in context.policies:
        subject = policy.subject
        if subject.namespace is None and subject.namespaces == EVERYTHING == subject.pods:
            continue  # names nobody in particular: the node's own agents are in every cluster
        for namespace in _namespaces(context, subject, hosts):
            for pod in hosts[namespace]:
                if subject.pods.matches(pod.labels):
                    found.setdefault(namespace, (policy, {}))[1][id(pod)] = pod
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


def _namespaces(context: LintContext, subject: PodPeer, hosts: dict[str, list[Pod]]) -> list[str]:
    """The namespaces with pods of the host network that a policy looks at."""
    if subject.namespace is not None:
        return [subject.namespace] if subject.namespace in hosts else []
    return [namespace for namespace in context.namespaces(subject) if namespace in hosts]


def _get_past(context: LintContext, hosts: dict[str, list[Pod]]) -> Iterator[Finding]:
    """Applications that share a node with pods that shut them out."""
    found: dict[WorkloadRef, tuple[Pod, list[Pod], list[str]]] = {}
    for host in (pod for namespace, pods in hosts.items() if namespace not in SYSTEM for pod in pods):
        if not host.node or host.workload.kind == "DaemonSet":
            continue
        atom = context.engine.atom(host)
        for group in context.once(groups).ingress:
            if group.policies and not group.ports(atom):
                local = [pod for pod in group.pods if pod.node == host.node]
                if local:
                    _, pods, guards = found.setdefault(host.workload, (host, [], []))
                    pods.extend(local)
                    guards.extend(str(policy.ref) for policy in group.policies if _shuts_out(policy))
    for host, pods, guards in found.values():
        chosen = distinct(pods)
        yield Finding(
            HOST_NETWORK_BYPASS,
            f"{some_pods([host])} is on the host network of node {host.node} and reaches {some_pods(chosen)} there, "
            f"past {some(guards)}.",
            host.origin,
            ObjectRef(host.workload.kind, host.workload.name, host.workload.namespace),
            "A node always reaches the pods that it runs, whatever policies say.",
            "Take hostNetwork away where it isn't needed.",
            workloads(chosen),
        )


def _shuts_out(policy: Policy) -> bool:
    """Not one of the tiers that only allows or passes."""
    return policy.ref.kind == "NetworkPolicy" or any(rule.action is Action.DENY for rule in policy.ingress)
