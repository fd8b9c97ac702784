"""The input doesn't say where the API server is.

## What it does

Says so where workloads that work through the API server have their egress isolated, and the input has neither the
endpoints of Service default/kubernetes, nor pods of the API server, nor nodes of the control plane. Then RF311 tells
only of those that can reach no address outside the cluster's pods at all.

## Why it matters

Whether the others can reach the API server isn't known, and no finding is no proof.

## Example

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: db-operator, namespace: ops}
spec:
  selector: {matchLabels: {app: db-operator}}
  template:
    metadata: {labels: {app: db-operator}}
    spec: {containers: [{name: operator, image: operator}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: ops}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/16}}]
    ports: [{port: 443}]
```

## Use instead

```yaml
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.2]}]
ports: [{name: https, port: 443}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db-operator, namespace: ops}
spec:
  selector: {matchLabels: {app: db-operator}}
  template:
    metadata: {labels: {app: db-operator}}
    spec: {containers: [{name: operator, image: operator}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: out, namespace: ops}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/16}}]
    ports: [{port: 443}]
```

## Fix safety

There is no automatic fix: add `kubectl get endpointslices,endpoints -n default -o json` to the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.api_server import callers, servers
from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.codes import API_SERVER_UNKNOWN
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """One finding for all workloads of which it isn't known."""
    if context.once(servers):
        return
    open_to_some = [pod for caller in context.once(callers) if caller.leaves for pod in caller.pods]
    if open_to_some:
        yield Finding(
            API_SERVER_UNKNOWN,
            "The input doesn't say where the API server is, so whether policies keep "
            f"{some_pods(open_to_some)} from it can't be known.",
            why="No finding of RF311 is no proof here.",
            hint="Add the endpoints of Service default/kubernetes to the input.",
            evidence=workloads(open_to_some),
        )
