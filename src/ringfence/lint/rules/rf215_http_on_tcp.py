"""A rule speaks of requests at a port that is not HTTP.

## What it does

Finds operations with `hosts`, `methods` or `paths` and a port whose Service says by its name that it is plain TCP or
TLS: `tcp-…`, `tls-…`, `https-…`, `mongo`, `mysql`, `redis`.

## Why it matters

The proxy doesn't read requests at such a port. A rule that allows by request is left out there, and those it was meant
for are refused; one that denies by request denies every connection to the port.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: db, image: db}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - to: [{operation: {methods: [GET], ports: ["5432"]}}]
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
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{name: tcp-db, port: 5432}]}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules:
  - to: [{operation: {ports: ["5432"]}}]
```

## Fix safety

There is no automatic fix: either the port speaks HTTP and its Service must say so, or the rule must not speak of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.mesh import mesh_policies, operations
from ringfence.model.codes import HTTP_ON_TCP
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol

_OF_REQUESTS = ("hosts", "notHosts", "methods", "notMethods", "paths", "notPaths")
_OTHERS = ("tcp", "tls", "https", "mongo", "mysql", "redis")
"""Source: Istio, "Protocol Selection": what stands before the first hyphen of a port's name."""


def check(context: LintContext) -> Iterator[Finding]:
    """Each operation at such a port."""
    for each in mesh_policies(context):
        for rule, entry, operation in operations(each):
            fields = [name for name in _OF_REQUESTS if operation.get(name)]
            ports = [port for port in operation.get("ports") or () if isinstance(port, str) and port.isdecimal()]
            for port in ports if fields else ():
                named = _named(context, context.selected(each.policy.subject), int(port))
                if named:
                    yield Finding(
                        HTTP_ON_TCP,
                        f"{each.policy.ref} asks for {fields[0]} at port {port}, which {named} says is not HTTP.",
                        each.raw.origin("spec", "rules", rule, "to", entry, "operation", fields[0]),
                        each.policy.ref,
                        "The proxy reads no requests at such a port: an allow is left out, a deny denies everything.",
                        f"Leave out {fields[0]}, or name the Service's port http-….",
                    )
                    break


def _named(context: LintContext, pods: tuple[Pod, ...], number: int) -> str:
    """The Service port that leads to this port of the pods, where it is named for another protocol."""
    for pod in context.kinds(pods):
        for service in context.services_of(pod):
            for port in service.ports:
                other = port.name.split("-")[0] in _OTHERS
                if port.protocol is Protocol.TCP and other and port.target_on(pod) == number:
                    return f"{port.name} of Service {service.namespace}/{service.name}"
    return ""
