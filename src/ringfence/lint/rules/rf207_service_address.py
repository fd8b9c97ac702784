"""An ipBlock lies on Service addresses and selects no pods.

## What it does

Finds `ipBlock` entries that cover cluster addresses of Services and no address of a pod or node, where the pods behind
such a Service can't be reached through any other rule either. Ranges wider than a Service network (IPv4 /12) are left
alone.

## Why it matters

A Service's cluster address is translated to a pod's before policy is judged: a rule with the Service's address never
matches anything. It must select the pods, or, for a Service without selector, name the addresses of its endpoints.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.20, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to: [{ipBlock: {cidr: 10.96.0.20/32}}]
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
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {containers: [{name: db, image: db, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.20, selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to: [{podSelector: {matchLabels: {app: db}}}]
```

## Fix safety

There is no automatic fix: selecting the pods opens what the rule so far doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.services import Backend, target_of
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.naming import some, some_pods
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.codes import SERVICE_ADDRESS
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, Service
from ringfence.model.policy import Action, AddressPeer, Direction

_WIDEST_V4 = 1 << 20
"""10.96.0.0/12, kubeadm's default Service network, is the widest that is used."""

_WIDEST_V6 = 1 << 64


def check(context: LintContext) -> Iterator[Finding]:
    """Ranges of allow rules for egress that hold Services' addresses and nobody else's."""
    for placed in context.rules:
        if placed.rule.action is not Action.ALLOW or placed.direction is not Direction.EGRESS:
            continue
        for peer in placed.rule.peers or ():
            if isinstance(peer, AddressPeer) and _is_narrow(peer):
                yield from _check_range(context, placed, peer)


def _is_narrow(peer: AddressPeer) -> bool:
    widest = {True: 0, False: 0}
    for lo, hi in peer.addresses:
        widest[lo <= V4_MAX] += hi - lo + 1
    return widest[True] <= _WIDEST_V4 and widest[False] <= _WIDEST_V6


def _check_range(context: LintContext, placed: PlacedRule, peer: AddressPeer) -> Iterator[Finding]:
    services = [
        (service, address)
        for address, service in context.cluster_addresses
        if address in peer.addresses and (service.selector is not None or service.endpoints)
    ]
    if not services or context.holders(peer.addresses):
        return
    cut = [(service, address) for service, address in services if _is_cut(context, placed, service)]
    if not cut:
        return
    names = some(f"{service.namespace}/{service.name}" for service, _ in cut)
    yield Finding(
        SERVICE_ADDRESS,
        f"An ipBlock of {placed.policy.ref}, {peer}, lies on the cluster address of Service {names}, which no pod has.",
        peer.origin,
        placed.policy.ref,
        "A Service's address is translated to a pod's before policy is judged, so the entry never matches.",
        "Select the pods behind the Service, on their own port.",
        tuple(f"Service {s.namespace}/{s.name} at {format_address(a)}: {_behind(context, s)}" for s, a in cut),
    )


def _is_cut(context: LintContext, placed: PlacedRule, service: Service) -> bool:
    """True where a pod that the policy selects can't reach a pod of the Service on one of its ports."""
    pods = context.kinds(context.backends(service))
    if not pods:
        return True  # its endpoints are addresses, and the range holds none of them
    subjects = context.kinds(context.selected(placed.policy.subject))
    return any(
        not context.engine.allowed(subject, pod).has(entry.protocol, target)
        for pod in pods
        for entry in service.ports
        if (target := target_of(entry, Backend(pod))) is not None
        for subject in subjects
    )


def _behind(context: LintContext, service: Service) -> str:
    pods: tuple[Pod, ...] = context.backends(service)
    if pods:
        return some_pods(pods)
    return some(format_address(address) for address, _ in service.endpoints)
