"""DNS is allowed by UDP only.

## What it does

Finds rules that let pods ask the cluster's DNS by UDP, where nothing lets them ask by TCP.

## Why it matters

An answer that doesn't fit into one datagram is asked for again by TCP (RFC 7766). Short answers work, long ones fail:
many records behind a name, or DNSSEC.

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
    ports: [{port: 53, protocol: UDP}]
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

## Fix safety

Unsafe: `--fix --unsafe-fixes` adds the same port for TCP to the rule, which opens it to the peers of the rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.dns_ports import by_tcp
from ringfence.lint.naming import workloads
from ringfence.lint.resolving import Loss, losses
from ringfence.model.codes import DNS_UDP_ONLY
from ringfence.model.finding import Finding


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with the workloads that it serves by half."""
    for cause, pods in context.once(losses).roots[Loss.TCP].items():
        yield Finding(
            DNS_UDP_ONLY,
            f"{cause.ref} lets its pods ask for names by UDP, and nothing does by TCP.",
            cause.origin,
            cause.ref,
            "An answer that is too long for UDP is asked for again by TCP, and fails.",
            "Add the same port for TCP.",
            workloads(pods),
            tuple(by_tcp(context, cause)),
        )
