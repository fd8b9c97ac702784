"""A selector asks for a label that changes with every rollout.

## What it does

Finds selectors, of policies and of peers, that ask for a value of a label that controllers or tools set anew:
`pod-template-hash`, `controller-revision-hash`, `controller-uid`, `helm.sh/chart`, `app.kubernetes.io/version`, and
`version` where the value has a number with a dot. Where the input has a rollout under way, any label is told in which
the old and the new pods of one Deployment differ, such as `version: v41` beside pods of `v42`.

## Why it matters

The selector matches today and nothing after the next rollout: a guard that is gone, or a connection that is cut, and no
policy was changed.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web, pod-template-hash: 7d4b9c6f5}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: without the label the selector may match more pods than were meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.model.codes import VOLATILE_LABEL
from ringfence.model.finding import Finding
from ringfence.model.labels import AllOf, LabelExpr, Operator, Requirement
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import PodPeer

VOLATILE = frozenset(
    {
        "app.kubernetes.io/version",
        "batch.kubernetes.io/controller-uid",
        "controller-revision-hash",
        "controller-uid",
        "helm.sh/chart",
        "pod-template-generation",
        "pod-template-hash",
        "rollouts-pod-template-hash",
    }
)
"""Set anew by a Deployment, DaemonSet, StatefulSet, Job, Helm chart or Argo Rollout with every change."""

_RELEASE = re.compile(r"\d+\.\d+")


_ROLLED_OUT = frozenset({"DaemonSet", "Deployment", "Rollout"})
"""Workloads whose pods differ in labels only while their template changes; operators label those of others by role."""


def check(context: LintContext) -> Iterator[Finding]:
    """Subjects and peers with such a requirement."""
    for _, policy in context.policies:
        yield from _finding(context, policy.ref, policy.subject)
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if isinstance(peer, PodPeer):
                yield from _finding(context, placed.policy.ref, peer)


def _finding(context: LintContext, ref: ObjectRef, peer: PodPeer) -> Iterator[Finding]:
    for requirement, others in _requirements(peer.pods):
        evidence = _differing(context, peer, requirement, others)
        if evidence or _by_name(requirement):
            yield Finding(
                VOLATILE_LABEL,
                f"A selector of {ref} asks for `{requirement}`, which changes with a rollout.",
                peer.origin,
                ref,
                "After the next rollout it matches nothing.",
                "Select by labels that stay, such as `app.kubernetes.io/name`.",
                evidence,
            )


def _requirements(expr: LabelExpr) -> Iterator[tuple[Requirement, tuple[LabelExpr, ...]]]:
    """Each requirement of a value, with what else the selector asks for."""
    parts = expr.parts if isinstance(expr, AllOf) else (expr,)
    for number, part in enumerate(parts):
        if isinstance(part, Requirement) and part.operator is Operator.IN:
            yield part, (*parts[:number], *parts[number + 1 :])


def _by_name(requirement: Requirement) -> bool:
    key = requirement.key
    return key in VOLATILE or (key == "version" and any(map(_RELEASE.search, requirement.values)))


def _differing(
    context: LintContext, peer: PodPeer, requirement: Requirement, others: tuple[LabelExpr, ...]
) -> tuple[str, ...]:
    """The workloads of which some pods have the value and some another: ``shop/Deployment/web: v41, v42``."""
    rolling = context.once(_rolling)
    if not rolling:
        return ()
    key, names = requirement.key, context.namespaces(peer)
    found = []
    for workload, pods in rolling.items():
        if workload.namespace not in names:
            continue
        alike = [pod for pod in pods if key in pod.labels and all(other.matches(pod.labels) for other in others)]
        if len({requirement.matches(pod.labels) for pod in alike}) > 1:
            found.append(f"{workload}: {', '.join(sorted({f'{key}={pod.labels[key]}' for pod in alike}))}")
    return tuple(found)


def _rolling(context: LintContext) -> dict[WorkloadRef, list[Pod]]:
    """One pod for each set of labels, of the workloads whose pods have several."""
    kinds: dict[WorkloadRef, dict[tuple[tuple[str, str], ...], Pod]] = {}
    for pod in context.snapshot.pods:
        if pod.workload.kind in _ROLLED_OUT and not pod.host_network:
            kinds.setdefault(pod.workload, {}).setdefault(tuple(sorted(pod.labels.items())), pod)
    return {workload: list(pods.values()) for workload, pods in kinds.items() if len(pods) > 1}
