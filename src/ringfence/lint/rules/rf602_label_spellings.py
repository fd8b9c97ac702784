"""Label keys of workloads differ only by spelling.

## What it does

Finds label keys on the pods of one namespace that are the same but for case and separators, such as `App` and `app`,
where different workloads use them.

## Why it matters

Label keys are compared letter by letter. A selector by one spelling misses the workloads with the other, and who writes
the next policy can't know which is meant.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-0, namespace: shop, labels: {App: cart}}
spec: {containers: [{name: cart, image: cart}]}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-0, namespace: shop, labels: {app: cart}}
spec: {containers: [{name: cart, image: cart}]}
```

## Fix safety

There is no automatic fix: selectors of Services, Deployments and policies may depend on either spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some, some_pods
from ringfence.lint.near import same_spelling
from ringfence.model.codes import LABEL_SPELLINGS
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef


def check(context: LintContext) -> Iterator[Finding]:
    """Keys that are one word in several spellings, none of them on all the pods that have another."""
    words = _several_spellings(context)
    for pods in context.pods_of.values() if words else ():
        spellings: dict[str, dict[str, list[Pod]]] = {}
        for pod in pods:
            for key in pod.labels:
                if key in words:
                    spellings.setdefault(same_spelling(key), {}).setdefault(key, []).append(pod)
        for by_key in spellings.values():
            if len(by_key) > 1:
                yield from _finding(by_key)


def _several_spellings(context: LintContext) -> frozenset[str]:
    """The keys that another key of the input differs from by spelling only; few, so that pods are looked at once."""
    found: dict[str, set[str]] = {}
    for key in {key for pod in context.snapshot.pods for key in pod.labels}:
        found.setdefault(same_spelling(key), set()).add(key)
    return frozenset(key for keys in found.values() if len(keys) > 1 for key in keys)


def _finding(by_key: dict[str, list[Pod]]) -> Iterator[Finding]:
    keys = sorted(by_key, key=lambda key: (-len(by_key[key]), key))
    usual = {pod.workload for pod in by_key[keys[0]]}
    rare = [pod for key in keys[1:] for pod in by_key[key] if pod.workload not in usual]
    if not rare:
        return  # the pods carry both spellings, as those of workloads that are being moved do
    first = rare[0]
    yield Finding(
        LABEL_SPELLINGS,
        f"In namespace {first.namespace}, the label keys {some(f'`{key}`' for key in keys)} differ only by spelling.",
        first.origin,
        ObjectRef(first.workload.kind, first.workload.name, first.workload.namespace),
        "A selector by one spelling misses the workloads with the other.",
        f"Use `{keys[0]}` everywhere.",
        tuple(f"`{key}`: {some_pods(by_key[key])}" for key in keys),
    )
