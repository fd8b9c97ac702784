"""A selector asks for a label that changes with every rollout.

## What it does

Finds selectors, of policies and of peers, that ask for a value of a label that controllers or tools set anew:
`pod-template-hash`, `controller-revision-hash`, `controller-uid`, `helm.sh/chart`, `app.kubernetes.io/version`, and
`version` where the value has a number with a dot.

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


def check(context: LintContext) -> Iterator[Finding]:
    """Subjects and peers with such a requirement."""
    for _, policy in context.policies:
        yield from _finding(policy.ref, policy.subject)
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if isinstance(peer, PodPeer):
                yield from _finding(placed.policy.ref, peer)


def _finding(ref: ObjectRef, peer: PodPeer) -> Iterator[Finding]:
    for requirement in _volatile(peer.pods):
        yield Finding(
            VOLATILE_LABEL,
            f"A selector of {ref} asks for `{requirement}`, which changes with a rollout.",
            peer.origin,
            ref,
            "After the next rollout it matches nothing.",
            "Select by labels that stay, such as `app.kubernetes.io/name`.",
        )


def _volatile(expr: LabelExpr) -> Iterator[Requirement]:
    parts = expr.parts if isinstance(expr, AllOf) else (expr,)
    for part in parts:
        if not isinstance(part, Requirement) or part.operator is not Operator.IN:
            continue
        if part.key in VOLATILE or (part.key == "version" and any(map(_RELEASE.search, part.values))):
            yield part
