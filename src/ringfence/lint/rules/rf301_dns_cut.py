"""A policy cuts pods off from DNS.

## What it does

Finds pods that can reach none, or only some, of the cluster's DNS pods by UDP, on the ports that these listen on, and
the policy that is to blame: one that isolates egress and allows no DNS, a deny of a tier, or a policy that keeps
callers from the DNS pods. Pods that may open no connection at all are left out where others of their namespace
resolve and no text shows that they name a Service: they are meant to be called only. Pods with name servers of their
own (`dnsPolicy: None` with `dnsConfig`) need one of these instead; those that ask the resolvers of their node
(`dnsPolicy: Default`) are left out, since no manifest tells which these are.

## Why it matters

Every name that such a pod looks up fails, mostly after seconds of waiting. It looks like a failure of whatever it was
about to call.

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
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
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
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
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

There is no automatic fix. `ringfence generate allow-dns` makes a policy for the DNS pods found, on their real ports.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.naming import some_pods, workloads
from ringfence.lint.resolving import Loss, losses, own_names, server_names
from ringfence.model.codes import DNS_CUT
from ringfence.model.finding import Finding
from ringfence.model.policy import Direction


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy, with the workloads that it cuts."""
    found = context.once(losses)
    for loss, which in ((Loss.ALL, ""), (Loss.SOME, "some of the pods of ")):
        for cause, pods in found.roots[loss].items():
            way = "" if cause.direction is Direction.EGRESS else ", by denying them at the DNS pods"
            yield Finding(
                DNS_CUT,
                f"{cause.ref} cuts {some_pods(pods)} off from DNS{way}: they can't ask {which}{server_names(context)}.",
                cause.origin,
                cause.ref,
                "Every name that they look up fails." if loss is Loss.ALL else "Names resolve now and then.",
                "Allow UDP and TCP to the DNS pods, on the ports that they listen on: ringfence generate allow-dns.",
                workloads(pods),
            )
    for cause, pods in found.roots[Loss.OWN].items():
        names = own_names(pods)
        yield Finding(
            DNS_CUT,
            f"{cause.ref} cuts {some_pods(pods)} off from DNS: they can't ask their own name servers {names}.",
            cause.origin,
            cause.ref,
            "Every name that they look up fails.",
            f"Allow UDP and TCP 53 to {names}.",
            workloads(pods),
        )
