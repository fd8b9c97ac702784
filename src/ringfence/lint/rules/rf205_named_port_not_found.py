"""No pod that the rule is for has the named port.

## What it does

Finds port entries that are names, where no destination pod of the rule has a container port of that name and protocol.
Names are resolved on the destination: for ingress the pods that the policy selects, for egress the rule's peers.

## Why it matters

A name that no pod has allows nothing, and nothing says so: the API server accepts it.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - ports: [{port: https}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - ports: [{port: http}]
```

## Fix safety

There is no automatic fix: the name may have to change in the policy or on the containers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some, some_pods
from ringfence.model.codes import NAMED_PORT_NOT_FOUND
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import NamedPort


def check(context: LintContext) -> Iterator[Finding]:
    """Names that resolve on none of the destination pods; without destination pods there is nothing to say."""
    for placed in context.rules:
        named = [port for port in placed.rule.ports or () if isinstance(port, NamedPort)]
        if not named:
            continue
        pods = context.destinations(placed)
        for port in named if pods else ():
            if any(_has(pod, port) for pod in pods):
                continue
            what = f"The {placed.direction} rule of {placed.policy.ref} is for the port named `{port.name}`"
            yield Finding(
                NAMED_PORT_NOT_FOUND,
                f"{what}, which none of its destination pods has ({some_pods(pods)}).",
                port.origin,
                placed.policy.ref,
                "A name is looked up on the destination pods; one that none has allows nothing.",
                _hint(pods, port),
                tuple(_declared(pods)),
            )


def _has(pod: Pod, port: NamedPort) -> bool:
    return any(own.name == port.name and port.protocol in (None, own.protocol) for own in pod.ports)


def _declared(pods: Iterable[Pod]) -> Iterator[str]:
    ports = {own for pod in pods for own in pod.ports}
    for own in sorted(ports, key=lambda own: (own.name, own.protocol, own.number)):
        yield f"{own.name or 'a port without name'}: {own.protocol} {own.number}"


def _hint(pods: Iterable[Pod], port: NamedPort) -> str:
    others = sorted({str(own.protocol) for pod in pods for own in pod.ports if own.name == port.name})
    if others:
        return f"`{port.name}` is a port for {some(others)} there: write that protocol."
    names = sorted({own.name for pod in pods for own in pod.ports if own.name})
    if names:
        return f"They have {some(f'`{name}`' for name in names)}."
    return "They name no port: give the container port this name, or write its number."
