"""A workload that works through the API server can't reach it.

## What it does

Finds DNS pods, ingress controllers, collectors of metrics, and workloads that are called operator or controller, that
can reach none of the addresses of the API server: the endpoints of Service default/kubernetes, else its pods, else the
nodes of the control plane on port 6443. Where the input has none of these, it finds those that may reach no address
outside the pods of the cluster, and RF313 says of the others that it can't be known.

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

from collections.abc import Iterator

from ringfence.lint.api_server import PORT, callers, servers
from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.addresses import parse_address
from ringfence.model.codes import API_SERVER_CUT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint

_SOMEWHERE = AddressEndpoint(parse_address("192.0.2.1"))
_WHEREVER = ", wherever it is: they may reach no address outside the pods of the cluster"


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with the workloads that it cuts."""
    known = context.once(servers)
    roots: Roots[Pod] = Roots()
    for caller in context.once(callers):
        for pod in caller.pods:
            if any(context.possible.allowed(pod, end).has(Protocol.TCP, port) for end, port in known):
                continue
            if not known and caller.leaves:
                continue  # RF313 says that it isn't known
            end, port = known[0] if known else (_SOMEWHERE, PORT)
            cause = blame(context, context.engine.verdict(pod, end, Protocol.TCP, port, misses=False))
            if cause is not None:
                roots.add(cause, [pod])
    for cause, cut in roots.items():
        yield Finding(
            API_SERVER_CUT,
            f"{cause.ref} keeps {some_pods(cut)} from the API server{'' if known else _WHEREVER}.",
            cause.origin,
            cause.ref,
            "They work through the API, and do nothing without it.",
            f"Allow the API server's address on TCP {known[0][1] if known else PORT}.",
            (*(f"API server: {end}:{port}" for end, port in known), *workloads(cut)),
        )
