"""A label of a pod or namespace is not valid.

## What it does

Checks the label keys and values of pods, pod templates and namespaces as the API server does: at most 63 characters,
letters, digits, `-`, `_` and `.`, with a letter or digit at both ends; a key may have a DNS name and a slash before it.

## Why it matters

The API server refuses the object, so what selectors are said to match here isn't there in the cluster.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web server}}
spec: {containers: [{name: web, image: web}]}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web-server}}
spec: {containers: [{name: web, image: web}]}
```

## Fix safety

There is no automatic fix: selectors have to change with the label.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.selectors import key_problem, value_problem
from ringfence.lint.context import LintContext
from ringfence.model.codes import INVALID_LABEL
from ringfence.model.finding import Finding
from ringfence.model.labels import Labels
from ringfence.model.objects import WorkloadRef
from ringfence.model.origin import ObjectRef, Origin


def check(context: LintContext) -> Iterator[Finding]:
    """Each label once for each workload and namespace."""
    seen: set[tuple[WorkloadRef, str, str]] = set()
    for pod in context.snapshot.pods:
        ref = ObjectRef(pod.workload.kind, pod.workload.name, pod.workload.namespace)
        for key, value, problem in _problems(pod.labels):
            if (pod.workload, key, value) not in seen:
                seen.add((pod.workload, key, value))
                yield _finding(ref, f"`{key}={value}`", problem, pod.origin)
    for namespace in context.snapshot.namespaces.values():
        for key, value, problem in _problems(namespace.labels):
            yield _finding(ObjectRef("Namespace", namespace.name), f"`{key}={value}`", problem, namespace.origin)


def _problems(labels: Labels) -> Iterator[tuple[str, str, str]]:
    for key, value in labels.items():
        if problem := key_problem(key):
            yield key, value, f"its key {problem}"
        elif problem := value_problem(value):
            yield key, value, f"its value {problem}"


def _finding(ref: ObjectRef, label: str, problem: str, origin: Origin) -> Finding:
    why = "The API server refuses the object."
    return Finding(INVALID_LABEL, f"The label {label} of {ref} is not valid: {problem}.", origin, ref, why)
