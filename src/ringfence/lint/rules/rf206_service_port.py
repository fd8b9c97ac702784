"""A rule names a Service's port; its pods listen on another.

## What it does

Finds port numbers in rules that are a Service's `port`, where the Service's `targetPort` on the destination pods is
another, no destination pod has the number as a port of its own, and the real port is not allowed between the same ends
by any rule.

## Why it matters

A Service's address and port are translated to a pod's before policy is judged. A rule that names the Service's port
opens a port on which nothing listens, and leaves the real one closed.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: search-0, namespace: shop, labels: {app: search}}
spec: {containers: [{name: search, image: search, ports: [{containerPort: 9000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: search, namespace: shop}
spec: {selector: {app: search}, ports: [{port: 80, targetPort: 9000}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: search, namespace: shop}
spec:
  podSelector: {matchLabels: {app: search}}
  ingress:
    - from: [{podSelector: {}}]
      ports: [{port: 80}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: search-0, namespace: shop, labels: {app: search}}
spec: {containers: [{name: search, image: search, ports: [{containerPort: 9000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: search, namespace: shop}
spec: {selector: {app: search}, ports: [{port: 80, targetPort: 9000}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: search, namespace: shop}
spec:
  podSelector: {matchLabels: {app: search}}
  ingress:
    - from: [{podSelector: {}}]
      ports: [{port: 9000}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes the pods' port for the Service's, where all pods listen on one. It opens that port
and closes the other, on which nothing listens; the port should be opened by someone who knows that it is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.explain.services import Backend, target_of
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.naming import some, some_pods
from ringfence.lint.proposals import path_of, port_path, replaced_at
from ringfence.model.codes import SERVICE_PORT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, Service
from ringfence.model.patch import Patch
from ringfence.model.policy import Action, Direction, PodPeer
from ringfence.model.ports import PortRange


def check(context: LintContext) -> Iterator[Finding]:
    """Allow rules between pods whose port is that of a Service in front of the destination, and of no pod there."""
    for placed in context.rules:
        peers = placed.rule.peers
        if placed.rule.action is not Action.ALLOW or not placed.rule.ports:
            continue
        if placed.direction is Direction.EGRESS and (
            peers is None or not all(isinstance(peer, PodPeer) for peer in peers)
        ):
            continue  # the port may be meant for the addresses
        pods = context.destinations(placed)
        for port in placed.rule.ports:
            if isinstance(port, PortRange) and port.lo == port.hi:
                yield from _check_port(context, placed, port, pods)


def _check_port(context: LintContext, placed: PlacedRule, port: PortRange, pods: tuple[Pod, ...]) -> Iterator[Finding]:
    if not context.serves(port.protocol, port.lo) or any(_listens(pod, port) for pod in pods):
        return
    behind: list[Pod] = []
    targets: set[int] = set()
    services: dict[str, None] = {}
    for pod in pods:
        for service, target in _targets(context, pod, port):
            if target == port.lo:
                return
            if not context.permits(placed, pod, port.protocol, target):
                behind.append(pod)
                targets.add(target)
                services[f"{service.namespace}/{service.name}"] = None
    if not behind:
        return
    real = some(f"{port.protocol} {target}" for target in sorted(targets))
    yield Finding(
        SERVICE_PORT,
        f"The {placed.direction} rule of {placed.policy.ref} is for {port}, the port of Service {some(services)}; "
        f"its pods listen on {real}, which stays closed.",
        port.origin,
        placed.policy.ref,
        "A Service's port is translated to the pod's before policy is judged, so a rule must name the pod's port.",
        f"Write {some(map(str, sorted(targets)))}.",
        (f"pods of the Service: {some_pods(behind)}",),
        tuple(_patches(context, placed, port, targets)),
    )


def _targets(context: LintContext, pod: Pod, port: PortRange) -> Iterator[tuple[Service, int]]:
    for service in context.services_of(pod):
        for entry in service.ports:
            if (entry.protocol, entry.port) == (port.protocol, port.lo):
                target = target_of(entry, Backend(pod))
                if target is not None:
                    yield service, target


def _listens(pod: Pod, port: PortRange) -> bool:
    return any((own.protocol, own.number) == (port.protocol, port.lo) for own in pod.ports)


def _patches(context: LintContext, placed: PlacedRule, port: PortRange, targets: set[int]) -> Iterator[Patch]:
    """The pods' port where the Service's stands."""
    raw = context.raw(placed.policy.ref)
    path = port_path(raw.body, path_of(port.origin.path), port.lo) if raw is not None else None
    if raw is not None and path is not None and len(targets) == 1:
        (target,) = targets
        yield replaced_at(raw, port.origin, path, target)
