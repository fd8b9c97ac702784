"""NodeLocal DNSCache is not allowed, though the DNS pods are.

## What it does

Where the cluster has NodeLocal DNSCache, finds pods that may ask the DNS pods and not the cache's address on the
node, 169.254.20.10 by default.

## Why it matters

With the cache, pods ask the address on their node and not the DNS pods. It is of the host network, where no selector
reaches it; most plugins judge the connection like any other, and every name fails.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: coredns
    image: coredns
    ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 53}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec: {hostNetwork: true, containers: [{name: cache, image: node-cache}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{port: 53, protocol: UDP}, {port: 53}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: coredns
    image: coredns
    ports: [{containerPort: 53, protocol: UDP}, {containerPort: 53}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 53, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 53}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: node-local-dns}}
  template:
    metadata: {labels: {k8s-app: node-local-dns}}
    spec: {hostNetwork: true, containers: [{name: cache, image: node-cache}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow-dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{port: 53, protocol: UDP}, {port: 53}]
  - to: [{ipBlock: {cidr: 169.254.20.10/32}}]
    ports: [{port: 53, protocol: UDP}, {port: 53}]
```

## Fix safety

There is no automatic fix. `ringfence generate allow-dns` includes the address of the cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.lint.resolving import Loss, losses
from ringfence.model.addresses import format_address
from ringfence.model.codes import NODE_LOCAL_DNS_CUT
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with the workloads that it cuts from the cache."""
    address = next((server.address for server in context.survey.dns if server.address is not None), 0)
    for cause, pods in context.once(losses).roots[Loss.NODE_LOCAL].items():
        yield Finding(
            NODE_LOCAL_DNS_CUT,
            f"{cause.ref} lets {some_pods(pods)} ask the DNS pods, and not NodeLocal DNSCache on "
            f"{format_address(address)}, which answers first.",
            cause.origin,
            cause.ref,
            "The cache is of the host network, where no selector reaches it.",
            f"Allow ipBlock {format_address(address)}/32 on UDP and TCP 53.",
            workloads(pods),
        )
