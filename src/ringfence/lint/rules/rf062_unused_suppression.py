"""A suppression suppresses nothing.

## What it does

Reports entries of the annotation `ringfence.dev/ignore` whose rule ran and found nothing about the object.

## Why it matters

It would hide the next fault of this kind.

## Example

```yaml
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  annotations:
    ringfence.dev/ignore: "RF210: canary"
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
  annotations:
    ringfence.dev/ignore: "RF210: canary"
spec:
  podSelector: {matchLabels: {app: web, pod-template-hash: 7d4b9c6f5}}
```

## Fix safety

Safe: `--fix` takes the entry out of the annotation, and the annotation away where it holds nothing else. No connection
changes. An annotation of an object that is no policy is left to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import edited, value_at
from ringfence.lint.suppressions import without
from ringfence.model.finding import Finding
from ringfence.model.objects import IGNORE_ANNOTATION
from ringfence.model.patch import Edit, EditOp, Patch, Path

_CODE = re.compile(r"the suppression of (RF\d{3})")
_ANNOTATIONS: Path = ("metadata", "annotations")


def patches(context: LintContext, finding: Finding) -> Iterator[Patch]:
    """The annotation without the code that suppresses nothing."""
    raw = context.raw(finding.subject) if finding.subject is not None else None
    code = _CODE.search(finding.what)
    annotations = value_at(raw.body, _ANNOTATIONS) if raw is not None else None
    if raw is None or code is None or not isinstance(annotations, dict):
        return
    if IGNORE_ANNOTATION not in annotations:  # it stands in a file of suppressions
        return
    path: Path = (*_ANNOTATIONS, IGNORE_ANNOTATION)
    rest = without(str(annotations.get(IGNORE_ANNOTATION, "")), code[1])
    if rest:
        edit = Edit(EditOp.REPLACE, path, rest)
    else:
        edit = Edit(EditOp.REMOVE, _ANNOTATIONS if len(annotations) == 1 else path)
    yield edited(f"Take the suppression of {code[1]} out", raw.ref, finding.origin, edit)
