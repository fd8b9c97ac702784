"""A rule asks for an identity that its callers don't have.

## What it does

Finds rules that allow by `principals`, `namespaces` or `serviceAccounts` where no caller can have the identity: mutual
TLS is disabled at every workload of the policy, or all pods of a namespace that the rule allows are outside the mesh.

## Why it matters

A caller's identity comes from its certificate. Without mutual TLS, and from pods without a proxy, there is none: the
rule matches nobody, and those whom it names are refused.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: batch, labels: {app: job}}
spec: {containers: [{name: job, image: job}]}
status: {phase: Running, podIP: 10.0.0.2}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {namespaces: [batch]}}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: batch, labels: {app: job, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: job, image: job}]}
status: {phase: Running, podIP: 10.0.0.2}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - from: [{source: {namespaces: [batch]}}]
```

## Fix safety

There is no automatic fix: bring the callers into the mesh, enable mutual TLS, or allow them by `ipBlocks`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.mesh import ALLOW_STAGE, in_mesh, mesh_policies
from ringfence.model import derived
from ringfence.model.codes import IDENTITY_UNKNOWN
from ringfence.model.finding import Finding
from ringfence.model.policy import PodPeer, Policy, Rule, leaves


def check(context: LintContext) -> Iterator[Finding]:
    """Each rule whose callers can have no identity, once."""
    for each in mesh_policies(context):
        if each.stage != ALLOW_STAGE:
            continue
        seen: set[str] = set()
        for rule in each.policy.ingress:
            what = _disabled(context, each.policy, rule) or _outsiders(context, rule)
            if what and rule.origin.path not in seen:
                seen.add(rule.origin.path)
                yield Finding(
                    IDENTITY_UNKNOWN,
                    f"{each.policy.ref} allows by identity in {rule.origin.path}, and {what}.",
                    rule.origin,
                    each.policy.ref,
                    "A caller without a certificate of the mesh has no identity, and the rule doesn't match it.",
                    "Bring the callers into the mesh, or allow them by ipBlocks.",
                )


def _by_identity(rule: Rule) -> Iterator[PodPeer]:
    for peer in leaves(rule.peers or ()):
        if isinstance(peer, PodPeer) and {derived.PRINCIPAL, derived.MESH} & set(peer.pods.keys()):
            yield peer


def _disabled(context: LintContext, policy: Policy, rule: Rule) -> str:
    from ringfence.engine.match import peer_matches

    pods, facts = context.selected(policy.subject), context.engine.facts
    if rule.only is None or not pods or not any(_by_identity(rule)):
        return ""
    meant = any(peer_matches(rule.only, pod, facts, pod) for pod in pods)
    return "" if meant else "mutual TLS is disabled at its workloads"


def _outsiders(context: LintContext, rule: Rule) -> str:
    """The namespaces that it allows and that have pods, none of them in the mesh."""
    for peer in _by_identity(rule):
        callers = context.pods_of.get(peer.namespace or "", ())
        if callers and not any(in_mesh(context, pod) for pod in callers):
            return f"the pods of namespace {peer.namespace} are outside the mesh"
    return ""
