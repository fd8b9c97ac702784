"""Two peer entries where one was probably meant.

## What it does

Finds a `namespaceSelector` and a `podSelector` that stand as two entries, one after the other, where the second entry
adds nothing as it stands, and as one entry the two would select pods. Both readings are worked out and compared.

## Why it matters

Two entries mean *or*: every pod of those namespaces. One entry with both means *and*: those pods of those namespaces.
The difference is one dash, and the slip opens a pod to whole namespaces.

## Example

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: monitoring, labels: {purpose: monitoring}}
---
apiVersion: v1
kind: Pod
metadata: {name: prometheus-0, namespace: monitoring, labels: {app: prometheus}}
spec: {containers: [{name: prometheus, image: prometheus}]}
---
apiVersion: v1
kind: Pod
metadata: {name: grafana-0, namespace: monitoring, labels: {app: grafana}}
spec: {containers: [{name: grafana, image: grafana}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {purpose: monitoring}}
        - podSelector: {matchLabels: {app: prometheus}}
```

## Use instead

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: monitoring, labels: {purpose: monitoring}}
---
apiVersion: v1
kind: Pod
metadata: {name: prometheus-0, namespace: monitoring, labels: {app: prometheus}}
spec: {containers: [{name: prometheus, image: prometheus}]}
---
apiVersion: v1
kind: Pod
metadata: {name: grafana-0, namespace: monitoring, labels: {app: grafana}}
spec: {containers: [{name: grafana, image: grafana}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {purpose: monitoring}}
          podSelector: {matchLabels: {app: prometheus}}
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` makes the two entries one. It closes connections that work now, and says which: look
whether they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.naming import number_of_pods, some_pods
from ringfence.lint.proposals import edited, path_of, value_at
from ringfence.lint.slips import Slip, and_or_slips
from ringfence.model.codes import AND_OR_SLIP
from ringfence.model.finding import Finding
from ringfence.model.patch import Edit, EditOp, Patch


def check(context: LintContext) -> Iterator[Finding]:
    """A whole-namespaces entry next to an own-namespace entry that adds nothing, though both together would select."""
    for placed in context.rules:
        for slip in and_or_slips(context, placed):
            yield Finding(
                AND_OR_SLIP,
                f"Two {placed.direction} entries of {placed.policy.ref} mean every pod of the namespaces "
                f"`{slip.namespaces.namespaces}`, or `{slip.pods.pods}`; one entry with both would mean "
                f"{some_pods(slip.both)} only.",
                slip.pods.origin,
                placed.policy.ref,
                "The entry with the podSelector adds nothing as it stands.",
                "Take the dash from the second line, so that both selectors stand in one entry.",
                (
                    f"as two entries: {number_of_pods(slip.either)} ({some_pods(slip.either)})",
                    f"as one entry: {number_of_pods(slip.both)} ({some_pods(slip.both)})",
                    f"open now without it: {some_pods(slip.more)}",
                ),
                tuple(_patches(context, placed, slip)),
            )


def _patches(context: LintContext, placed: PlacedRule, slip: Slip) -> Iterator[Patch]:
    """One entry with both selectors, where the first of the two stands."""
    raw = context.raw(placed.policy.ref)
    if raw is None:
        return
    one, other = sorted((path_of(slip.namespaces.origin.path), path_of(slip.pods.origin.path)))
    gone = value_at(raw.body, other)
    if isinstance(gone, dict) and len(gone) == 1 and one[:-1] == other[:-1]:
        ((key, selector),) = gone.items()
        edits = (Edit(EditOp.ADD, (*one, key), selector), Edit(EditOp.REMOVE, other))
        yield edited("Make the two entries one", raw.ref, slip.pods.origin, *edits)
