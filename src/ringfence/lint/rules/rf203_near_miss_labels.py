"""A selector misses pods by one label.

## What it does

Finds selectors, of policies and of peers, that match nothing, where one requirement is in the way: a value or key that
is spelled otherwise on the pods (case, separators, one letter), or one label that the pods lack while all others match.
Selectors of namespaces likewise. Pods without a controller, started by hand to test the policy, don't count as a match.

## Why it matters

This is how most connections are cut by mistake. The finding names the pods that were probably meant.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: checkout-0, namespace: shop, labels: {app: checkout}}
spec: {containers: [{name: checkout, image: checkout}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: shop}
spec:
  podSelector: {matchLabels: {app: Checkout}}
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: checkout-0, namespace: shop, labels: {app: checkout}}
spec: {containers: [{name: checkout, image: checkout}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: shop}
spec:
  podSelector: {matchLabels: {app: checkout}}
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes the spelling of the pods into the selector, where a key or value of `matchLabels`
is spelled otherwise. Either side can be wrong, so look at what it opens and closes. A label that is lacking is left to
people; `ringfence fix` proposes it for a connection that is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some, some_pods, workloads
from ringfence.lint.near import Miss, NearMiss, near_miss
from ringfence.lint.proposals import label_paths, path_of, renamed, replaced_at, value_at
from ringfence.lint.unset import unset_namespace_label
from ringfence.model.codes import NEAR_MISS_LABELS
from ringfence.model.finding import Finding
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.policy import PodPeer


def check(context: LintContext) -> Iterator[Finding]:
    """Subjects and peers that match nothing by one requirement."""
    for _, policy in context.policies:
        yield from _finding(context, policy.ref, policy.subject, f"The selector of {policy.ref}")
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if isinstance(peer, PodPeer):
                said = f"An {placed.direction} entry of {placed.policy.ref}"
                yield from _finding(context, placed.policy.ref, peer, said)


def _finding(context: LintContext, ref: ObjectRef, peer: PodPeer, said: str) -> Iterator[Finding]:
    near = near_miss(context, peer)
    if near is None or unset_namespace_label(context, peer) is not None:
        return
    evidence = workloads(near.pods) or near.namespaces
    things = f"namespace {some(near.namespaces)}" if near.namespaces else some_pods(near.pods)
    have = "has" if len(evidence) == 1 else "have"
    matches = f"no pod of a workload, only {some_pods(near.matched)}" if near.matched else "nothing"
    yield Finding(
        NEAR_MISS_LABELS,
        f"{said} matches {matches}: it asks for `{near.requirement}`, and {things} {have} {_found(near)}.",
        peer.origin,
        ref,
        "A test from a pod that has the label succeeds; the workload fails."
        if near.matched
        else "Everything else that it asks for is there.",
        _hint(near),
        evidence,
        tuple(_patches(context, ref, peer, near)),
    )


def _found(near: NearMiss) -> str:
    if near.miss is Miss.LACKING:
        return f"no label `{near.requirement.key}`"
    return f"`{near.found}`"


def _hint(near: NearMiss) -> str:
    if near.miss is Miss.LACKING:
        where = "the namespace" if near.namespaces else "the pod template"
        return f"Take the requirement out, or add the label to {where}."
    return f"Write `{near.found}`, if that is meant."


def _patches(context: LintContext, ref: ObjectRef, peer: PodPeer, near: NearMiss) -> Iterator[Patch]:
    """The selector as the pods, or the namespaces, are labelled."""
    raw, path = context.raw(ref), path_of(peer.origin.path)
    if raw is None or near.miss is Miss.LACKING:
        return
    key, _, value = near.found.partition("=")
    node = value_at(raw.body, path)
    paths = list(label_paths(node, path, near.requirement.key, namespaces=bool(near.namespaces)))
    if len(paths) != 1 or paths[0][-2] != "matchLabels":
        return
    if near.miss is Miss.VALUE:
        yield replaced_at(raw, peer.origin, paths[0], value)
    else:
        yield from renamed(ref, raw.body, peer.origin, paths[0], key)
