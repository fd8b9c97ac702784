"""An ipBlock lies on addresses of pods.

## What it does

Finds `ipBlock` entries that hold addresses of pods and are narrow (IPv4 /16 or longer, IPv6 /64 or longer), so that
pods seem to be meant.

## Why it matters

A pod's address lasts as long as the pod: the next one gets another, and another pod may get this one. Network plugins
also differ: some never match the pods that they manage by address (Cilium), so that the rule means another thing there.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.244.1.7}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.244.1.7/32}}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.244.1.7}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{podSelector: {matchLabels: {app: db}}}]
```

## Fix safety

There is no automatic fix: which pods are meant can't be told from an address.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.addresses import V4_MAX
from ringfence.model.codes import POD_ADDRESS
from ringfence.model.finding import Finding
from ringfence.model.policy import AddressPeer

_WIDEST_V4 = 1 << 16
_WIDEST_V6 = 1 << 64


def check(context: LintContext) -> Iterator[Finding]:
    """Narrow ranges with pods in them; those of the host network have their node's address, and are left out."""
    for placed in context.rules:
        for peer in placed.rule.peers or ():
            if not isinstance(peer, AddressPeer) or not peer.pods or not is_narrow(peer):
                continue
            pods = [pod for pod in context.holders(peer.addresses) if not pod.host_network]
            if pods:
                yield Finding(
                    POD_ADDRESS,
                    f"An ipBlock of {placed.policy.ref}, {peer}, lies on addresses of pods ({some_pods(pods)}).",
                    peer.origin,
                    placed.policy.ref,
                    "Pods get new addresses, and some network plugins never match pods by address.",
                    "Select the pods by their labels.",
                    workloads(pods),
                )


def is_narrow(peer: AddressPeer) -> bool:
    """True for a range that may have been written for one pod or node, or for a few."""
    whole = peer.outer if peer.outer is not None else peer.addresses
    return all(hi - lo < (_WIDEST_V4 if lo <= V4_MAX else _WIDEST_V6) for lo, hi in whole)
