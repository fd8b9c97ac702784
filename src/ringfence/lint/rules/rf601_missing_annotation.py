"""A policy lacks an annotation that is asked for.

## What it does

Finds policies without the annotations that `--require-annotation` names, such as who owns the policy and why it is
there. Without the option the rule says nothing.

## Why it matters

A policy whose owner and reason nobody knows is never taken away, and nobody dares to change it.

## Example

Asked for with `--require-annotation example.com/owner`:

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Use instead

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations: {example.com/owner: team-shop}
spec:
  podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: only people know the owner and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some
from ringfence.model.codes import MISSING_ANNOTATION
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """Policies, of every kind that is read, without one of the annotations, or with an empty one."""
    for _, policy in context.policies if context.settings.annotations else ():
        raw = context.raw(policy.ref)
        metadata = raw.body.get("metadata") if raw is not None else None
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        given = annotations if isinstance(annotations, dict) else {}
        missing = [key for key in context.settings.annotations if not given.get(key)]
        if raw is not None and missing:
            yield Finding(
                MISSING_ANNOTATION,
                f"{policy.ref} has no annotation {some(missing)}.",
                raw.origin("metadata", "annotations"),
                policy.ref,
                "Nobody dares to change a policy whose owner and reason are not known.",
                "Add it under metadata.annotations.",
            )
