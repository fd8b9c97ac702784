"""Egress is allowed by name to pods whose names Cilium never learns.

## What it does

Finds `toFQDNs` rules for pods that no policy gives a DNS rule (`rules.dns`).

## Why it matters

Cilium learns a name's addresses from DNS answers that pass its proxy, and a DNS rule is what sends them there. Port 53
alone lets the pods resolve the name and then drops the connection, unless a pod beside them on the node has happened to
ask for the same name through the proxy.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEndpoints:
    - matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
  - toFQDNs: [{matchName: api.example.com}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEndpoints:
    - matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*"}]}
  - toFQDNs: [{matchName: api.example.com}]
```

## Fix safety

There is no automatic fix: which names the pods may ask for is for their owner to say.

Source: Cilium documentation, "Layer 3 policies", DNS based, and "Layer 7 policies", obtaining DNS data.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.cilium import is_cilium
from ringfence.lint.cilium import learners
from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import NAMES_NEVER_LEARNT
from ringfence.model.finding import Finding
from ringfence.model.policy import Action, NamePeer


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with its pods whose DNS doesn't pass the proxy."""
    for placed in context.rules:
        names = [peer.pattern for peer in placed.rule.peers or () if isinstance(peer, NamePeer)]
        if not names or not is_cilium(placed.policy.ref) or placed.rule.action is not Action.ALLOW:
            continue
        learning = context.once(learners)
        pods = [pod for pod in context.selected(placed.policy.subject) if id(pod) not in learning]
        if pods:
            yield Finding(
                NAMES_NEVER_LEARNT,
                f"{placed.policy.ref} allows egress to {', '.join(names)}, and no DNS rule lets Cilium learn the names "
                f"that {some_pods(pods)} ask for.",
                placed.rule.origin,
                placed.policy.ref,
                "The name resolves, and the connection is dropped.",
                'Give the rule for DNS rules: {dns: [{matchPattern: "*"}]}.',
                workloads(pods),
            )
