"""Egress is allowed by name to pods that can't resolve names.

## What it does

Finds rules with `domainNames` whose pods can't ask any DNS server.

## Why it matters

A rule by name knows an address from the pod's own queries, or the pod never learns one: without DNS it allows
nothing. The circle looks like a wrong name.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: coredns
    image: coredns
    ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 53}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: by-name}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  egress:
  - action: Accept
    to: [{domainNames: [api.example.com]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: coredns
    image: coredns
    ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 53}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: by-name}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  egress:
  - action: Accept
    to: [{domainNames: [api.example.com]}]
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
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{port: 53, protocol: UDP}, {port: 53}]
```

## Fix safety

There is no automatic fix. `ringfence generate allow-dns` makes a policy for the DNS pods found, on their real ports.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.by_name import may_ask_somebody
from ringfence.lint.context import LintContext
from ringfence.lint.groups import groups
from ringfence.lint.naming import some_pods, workloads
from ringfence.lint.resolving import losses
from ringfence.model.codes import NAME_WITHOUT_DNS
from ringfence.model.finding import Finding
from ringfence.model.policy import Action, NamePeer, Rule


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with its pods that can't resolve."""
    every = context.once(groups)
    for placed in context.rules:
        names = _names(placed.rule)
        if not names:
            continue
        mute = [
            pod
            for pod in context.selected(placed.policy.subject)
            if _is_mute(context, context.engine.atom(pod)) and not every.egress_of[context.engine.atom(pod)].open
        ]
        if mute:
            yield Finding(
                NAME_WITHOUT_DNS,
                f"{placed.policy.ref} allows egress to {', '.join(names)}, and {some_pods(mute)} can't resolve names.",
                placed.rule.origin,
                placed.policy.ref,
                "Without DNS a rule by name allows nothing.",
                "Allow DNS to the same pods: ringfence generate allow-dns.",
                workloads(mute),
            )


def _names(rule: Rule) -> list[str]:
    if rule.action is not Action.ALLOW:
        return []
    return [peer.pattern for peer in rule.peers or () if isinstance(peer, NamePeer)]


def _is_mute(context: LintContext, atom: int) -> bool:
    """True where the pods can't ask: any DNS server found, or, where none is, anyone."""
    if context.survey.dns:
        return atom in context.once(losses).without
    return not may_ask_somebody(context.engine, atom)
