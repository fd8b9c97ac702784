"""A workload that works through the API server can't reach it.

## What it does

Where the addresses of the API server are in the input (the endpoints of Service default/kubernetes, or its pods),
finds DNS pods, ingress controllers, collectors of metrics, and workloads that are called operator or controller, that
can reach none of them.

## Why it matters

An operator that can't watch the API does nothing, and says so only in its log. A rule for Service default/kubernetes
must name its endpoints, most often port 6443 of a node: the Service's address is translated before policy is judged.

## Example

```yaml
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: kubernetes, namespace: default}
subsets: [{addresses: [{ip: 192.168.0.1}], ports: [{name: https, port: 6443}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backup-operator, namespace: ops}
spec:
  selector: {matchLabels: {app: backup-operator}}
  template:
    metadata: {labels: {app: backup-operator}}
    spec: {serviceAccountName: backup, containers: [{name: operator, image: operator}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: ops}
spec:
  podSelector: {}
  policyTypes: [Egress]
```

## Use instead

```yaml
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: kubernetes, namespace: default}
subsets: [{addresses: [{ip: 192.168.0.1}], ports: [{name: https, port: 6443}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: backup-operator, namespace: ops}
spec:
  selector: {matchLabels: {app: backup-operator}}
  template:
    metadata: {labels: {app: backup-operator}}
    spec: {serviceAccountName: backup, containers: [{name: operator, image: operator}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: ops}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 192.168.0.1/32}}]
    ports: [{port: 6443}]
```

## Fix safety

There is no automatic fix: allow the addresses of the API server on its port.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.groups import groups
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import API_SERVER_CUT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, Endpoint

_CALLERS = re.compile(
    r"(.*-)?(operator|controller|controller-manager|kube-state-metrics|metrics-server|cluster-autoscaler|external-dns)"
)
_DEFAULT_PORT = 6443


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with the workloads that it cuts."""
    servers = list(_servers(context))
    if not servers:
        return
    survey = context.survey
    known = {id(pod) for pod in (*survey.ingress_controllers, *survey.scrapers)}
    known.update(id(pod) for server in survey.dns for pod in server.pods)
    roots: Roots[Pod] = Roots()
    for group in context.once(groups).egress:
        if group.open:
            continue
        pods = [pod for pod in group.pods if id(pod) in known or _CALLERS.fullmatch(pod.workload.name)]
        for pod in pods:
            if any(context.engine.allowed(pod, end).has(Protocol.TCP, port) for end, port in servers):
                continue
            end, port = servers[0]
            cause = blame(context, context.engine.verdict(pod, end, Protocol.TCP, port, misses=False))
            if cause is not None:
                roots.add(cause, [pod])
    for cause, cut in roots.items():
        yield Finding(
            API_SERVER_CUT,
            f"{cause.ref} keeps {some_pods(cut)} from the API server.",
            cause.origin,
            cause.ref,
            "They work through the API, and do nothing without it.",
            f"Allow the API server's address on TCP {servers[0][1]}.",
            (*(f"API server: {end}:{port}" for end, port in servers), *workloads(cut)),
        )


def _servers(context: LintContext) -> Iterator[tuple[Endpoint, int]]:
    for service in context.snapshot.services:
        if (service.namespace, service.name) == ("default", "kubernetes"):
            for address, ports in service.endpoints:
                for port in ports.values():
                    yield AddressEndpoint(address), port
    for pod in context.survey.api_servers:
        if pod.addresses:
            yield pod, next((port.number for port in pod.ports if port.protocol is Protocol.TCP), _DEFAULT_PORT)
