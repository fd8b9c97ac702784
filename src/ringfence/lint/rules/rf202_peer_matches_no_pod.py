"""A peer of a rule matches no pod.

## What it does

Finds entries of `from` and `to`, and peers of admin policies, that match no pod of the input. It says nothing where the
input has no pod of the namespaces that are meant, nor about what `RF203`, `RF204` and `RF209`
explain better.

## Why it matters

A rule that admits nobody admits nobody: the connection that its author had in mind is cut, or the entry is left over
from a workload that is gone, and will admit whatever gets these labels next.

## Example

```yaml
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
        - podSelector: {matchLabels: {app: api}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
```

## Fix safety

There is no automatic fix: the selector may be wrong, or the pods may not be there yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.near import near_miss
from ringfence.lint.slips import and_or_slips
from ringfence.lint.unset import unset_namespace_label
from ringfence.model.codes import PEER_MATCHES_NO_POD
from ringfence.model.finding import Finding
from ringfence.model.policy import PodPeer


def check(context: LintContext) -> Iterator[Finding]:
    """Pod peers without a single pod."""
    for placed in context.rules:
        slips = {id(slip.pods) for slip in and_or_slips(context, placed)}
        for peer in placed.rule.peers or ():
            if not isinstance(peer, PodPeer) or context.selected(peer) or not context.has_pods(peer):
                continue
            if id(peer) in slips or near_miss(context, peer) is not None:
                continue
            if unset_namespace_label(context, peer) is not None:
                continue
            yield Finding(
                PEER_MATCHES_NO_POD,
                f"An {placed.direction} entry of {placed.policy.ref} matches no pod: there are no {peer}.",
                peer.origin,
                placed.policy.ref,
                "The entry allows nothing now, and will admit whatever gets these labels next.",
                "Correct the selector, or delete the entry.",
            )
