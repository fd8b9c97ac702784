"""DNS is allowed on a port on which the DNS pods don't listen.

## What it does

Finds rules that allow port 53 of the cluster's DNS pods where these listen on another port, such as 5353 on
OpenShift, and nothing allows that one.

## Why it matters

The port of a Service is translated before policy is judged: pods ask port 53 of the Service, policy sees the port of
the DNS pod. Copied rules say 53, and every name fails.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: coredns-0, namespace: kube-system, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: coredns
    image: coredns
    ports: [{containerPort: 5353, protocol: UDP}, {containerPort: 5353}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 5353, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 5353}
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
    ports: [{containerPort: 5353, protocol: UDP}, {containerPort: 5353}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns}
  ports:
  - {name: dns, port: 53, targetPort: 5353, protocol: UDP}
  - {name: dns-tcp, port: 53, targetPort: 5353}
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
    ports: [{port: 5353, protocol: UDP}, {port: 5353}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` writes the port of the DNS pods for 53 in the rule, which opens the one and closes the
other to the peers of the rule. `ringfence generate allow-dns` makes a policy for the DNS pods found, on their real
ports.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.dns_ports import on_ports
from ringfence.lint.naming import workloads
from ringfence.lint.resolving import Loss, losses
from ringfence.model.codes import DNS_PORT
from ringfence.model.finding import Finding
from ringfence.model.ports import NO_PORTS


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with the workloads that it should have served."""
    ports = NO_PORTS
    for server in context.survey.dns:
        ports = ports | server.ports if server.pods else ports
    for cause, pods in context.once(losses).roots[Loss.PORT].items():
        yield Finding(
            DNS_PORT,
            f"{cause.ref} allows port 53 of the DNS pods, which listen on {ports}: its pods can't resolve names.",
            cause.origin,
            cause.ref,
            "A Service's port is translated to its pods' before policy is judged.",
            f"Allow {ports}.",
            workloads(pods),
            tuple(on_ports(context, cause, ports)),
        )
