"""A namespace is asked for by a label that it lacks.

## What it does

Finds namespace selectors that ask for a label with the *name* of a namespace as its value, such as `name: kube-system`,
where no namespace of the input has that label.

## Why it matters

No cluster sets the label `name` by itself, though much advice says so. The label that the API server sets on every
namespace is `kubernetes.io/metadata.name`, since Kubernetes 1.22. Such a rule matches nothing; mostly it is DNS,
scraping or the ingress controller that is cut.

## Example

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: dns, image: coredns}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {name: kube-system}}
```

## Use instead

```yaml
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec: {containers: [{name: dns, image: coredns}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes `kubernetes.io/metadata.name` for the key in `matchLabels`. It opens what the rule
names, and says what that is.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.proposals import label_paths, path_of, renamed, value_at
from ringfence.lint.unset import unset_namespace_label
from ringfence.model.codes import NAMESPACE_NAME_LABEL as CODE
from ringfence.model.finding import Finding
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Patch
from ringfence.model.policy import PodPeer


def check(context: LintContext) -> Iterator[Finding]:
    """Subjects and peers that ask for a namespace by an own label of its name."""
    for _, policy in context.policies:
        yield from _finding(context, policy.ref, policy.subject)
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if isinstance(peer, PodPeer):
                yield from _finding(context, placed.policy.ref, peer)


def _finding(context: LintContext, ref: ObjectRef, peer: PodPeer) -> Iterator[Finding]:
    requirement = unset_namespace_label(context, peer)
    if requirement is None:
        return
    name = requirement.values[0]
    namespace = context.snapshot.namespaces.get(name)
    unknown = namespace is None or not namespace.given
    what = f"{ref} asks for namespaces with `{requirement}`, and no namespace has that label"
    evidence = f"namespace {name} is not in the input, so only the labels that every namespace has are known"
    yield Finding(
        CODE,
        f"{what}, not even {name}." if not unknown else f"{what} as far as the input says.",
        peer.origin,
        ref,
        "Only kubernetes.io/metadata.name is set on every namespace; the entry matches nothing.",
        f"Write `{NAMESPACE_NAME_LABEL}: {name}`.",
        (evidence,) if unknown else (),
        tuple(_patches(context, ref, peer, requirement.key)),
    )


def _patches(context: LintContext, ref: ObjectRef, peer: PodPeer, key: str) -> Iterator[Patch]:
    """The label that every namespace has, where the other one stands."""
    raw, path = context.raw(ref), path_of(peer.origin.path)
    if raw is None:
        return
    for found in label_paths(value_at(raw.body, path), path, key, namespaces=True):
        if found[-2] == "matchLabels":
            yield from renamed(ref, raw.body, peer.origin, found, NAMESPACE_NAME_LABEL)
