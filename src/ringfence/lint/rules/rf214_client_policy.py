"""A policy of the mesh was meant to limit what its pods call.

## What it does

Finds AuthorizationPolicies that name hosts outside the cluster in `to.operation.hosts`, and are for pods that no
Service leads to: pods that call, and are not called.

## Why it matters

An AuthorizationPolicy guards the workload that it selects as a server. What the workload calls it doesn't limit: its
pods reach every name as before, and the policy looks as if they didn't.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: shop, labels: {app: job, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: job, image: job}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: only-payments, namespace: shop}
spec:
  selector: {matchLabels: {app: job}}
  rules:
  - to: [{operation: {hosts: [api.payments.example]}}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: shop, labels: {app: job, security.istio.io/tlsMode: istio}}
spec: {containers: [{name: job, image: job}]}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: payments, namespace: shop}
spec:
  hosts: [api.payments.example]
  ports: [{number: 443, name: tls, protocol: TLS}]
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: job, namespace: shop}
spec:
  workloadSelector: {labels: {app: job}}
  egress: [{hosts: ["./*"]}]
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
```

## Fix safety

There is no automatic fix: egress is limited by `REGISTRY_ONLY` with ServiceEntries, by an egress gateway, or, so that a
pod can't go around its proxy, by the network's policies.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.mesh import meant, mesh_policies, operations
from ringfence.lint.naming import workloads
from ringfence.model.codes import CLIENT_POLICY
from ringfence.model.finding import Finding

_INSIDE = (".svc", ".svc.cluster.local", ".local", ".internal")


def check(context: LintContext) -> Iterator[Finding]:
    """Each such policy once, at the first operation that names such a host."""
    services = {service.name for service in context.snapshot.services}
    for each in mesh_policies(context):
        pods = meant(context, each.policy)
        if not pods or not each.spec.get("selector") or any(context.services_of(pod) for pod in pods):
            continue
        if any(key in pod.labels for pod in pods for key in ("istio", "gateway.networking.k8s.io/gateway-name")):
            continue
        for rule, entry, operation in operations(each):
            hosts = [host for host in operation.get("hosts") or () if isinstance(host, str)]
            outside = [host for host in hosts if "." in host and not _is_inside(host, services)]
            if not outside:
                continue
            origin = each.raw.origin("spec", "rules", rule, "to", entry, "operation", "hosts")
            yield Finding(
                CLIENT_POLICY,
                f"{each.policy.ref} names {outside[0]} for pods that nobody calls: it doesn't limit what they call.",
                origin,
                each.policy.ref,
                "An AuthorizationPolicy guards the workload that it selects as a server.",
                "Limit egress by REGISTRY_ONLY with a ServiceEntry, by an egress gateway, or by network policies.",
                workloads(pods),
            )
            break


def _is_inside(host: str, services: set[str]) -> bool:
    name = host.partition(":")[0].lower()
    return name.endswith(_INSIDE) or name.partition(".")[0] in services
