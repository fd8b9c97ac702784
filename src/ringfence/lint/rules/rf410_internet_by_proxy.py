"""Pods that may not reach the Internet can reach a proxy that may.

## What it does

Finds pods that look like a proxy or an egress gateway (by the name or labels of the workload, or port 3128, 1080 or
8118), may reach the Internet, and accept connections from pods that may not. A proxy that may reach less than a 256th
of the public addresses has a list of destinations, and is left out.

## Why it matters

A deny of egress says that data can't leave. Through the proxy it can, in two hops, unless the proxy itself decides
who may go where. That is often meant; it should be known.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: squid, namespace: egress, labels: {app: squid}}
spec: {containers: [{name: squid, image: squid, ports: [{containerPort: 3128}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cluster-only, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{namespaceSelector: {}}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: squid, namespace: egress, labels: {app: squid}}
spec: {containers: [{name: squid, image: squid, ports: [{containerPort: 3128}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cluster-only, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{podSelector: {}}]
```

## Fix safety

There is no automatic fix: who may use the proxy must be said in its ingress policy, or in its own rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import Coverage
from ringfence.lint.groups import Groups, groups
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import INTERNET_BY_PROXY
from ringfence.model.finding import Finding
from ringfence.model.internet import INTERNET
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.origin import ObjectRef
from ringfence.model.ports import PortSet, Protocol
from ringfence.survey.roles import proxies

_A_LIST = Fraction(1, 256)
"""A proxy that reaches a smaller share of the public addresses decides by a list who may go where."""


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a proxy, with the workloads that get out through it."""
    found: dict[WorkloadRef, Pod] = {}
    for pod in proxies(context.snapshot.pods):
        found.setdefault(pod.workload, pod)
    if not found:
        return
    every = context.once(groups)
    for proxy in found.values():
        atom = context.engine.atom(proxy)
        if Coverage.of(every.egress_of[atom].addresses()).share < _A_LIST:
            continue
        users = list(_users(context, every, proxy, atom))
        if not users:
            continue
        number = len({pod.workload for pod in users})
        yield Finding(
            INTERNET_BY_PROXY,
            f"{number} workload{'' if number == 1 else 's'} that may not reach the Internet can reach "
            f"{some_pods([proxy])}, which may.",
            proxy.origin,
            ObjectRef(proxy.workload.kind, proxy.workload.name, proxy.workload.namespace),
            "Data leaves in two hops where the proxy doesn't decide who may go where.",
            "Limit the proxy's ingress to the pods that may use it, if this isn't meant.",
            workloads(users),
        )


def _users(context: LintContext, every: Groups, proxy: Pod, atom: int) -> Iterator[Pod]:
    listening = PortSet.of(
        span
        for port in proxy.ports
        if port.protocol is Protocol.TCP
        for span in PortSet.point(port.protocol, port.number)
    )
    for group in every.egress:
        if group.open or not group.policies or group.addresses() & INTERNET:
            continue
        for source in group.atoms:
            ports = every.between(source, atom)
            if ports & listening if listening else ports:
                yield from (pod for pod in context.engine.universe.atoms[source].pods if pod.workload != proxy.workload)
