"""The DNS pods can't ask any server outside the cluster.

## What it does

Finds DNS pods whose egress is isolated and allows port 53 of no address outside the cluster.

## Why it matters

Names of Services still resolve, all others fail, and the manifests of the pods that complain are in order. It is what
a default deny for every namespace does to kube-system.

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
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: kube-system}
spec:
  podSelector: {}
  policyTypes: [Egress]
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
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: kube-system}
spec:
  podSelector: {}
  policyTypes: [Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns-upstream, namespace: kube-system}
spec:
  podSelector: {matchLabels: {k8s-app: kube-dns}}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.2/32}}]
    ports: [{port: 53, protocol: UDP}, {port: 53}]
```

## Fix safety

There is no automatic fix: which servers the DNS pods ask, their Corefile says.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.groups import groups, known_addresses
from ringfence.lint.naming import some_pods, workloads
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.codes import DNS_UPSTREAM_CUT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint

_PORTS = PortSet.point(Protocol.UDP, 53) | PortSet.point(Protocol.TCP, 53) | PortSet.point(Protocol.TCP, 853)
_LINK_LOCAL = AddressSet.cidr("169.254.0.0/16")
_SOMEWHERE = AddressEndpoint(parse_address("8.8.8.8"))


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy. Nodes count as outside: their resolver may be the upstream."""
    pods = {id(pod) for server in context.survey.dns for pod in server.pods}
    own = context.once(known_addresses)
    nodes = AddressSet.of((address, address) for node in context.snapshot.nodes for address in node.addresses)
    roots: Roots[Pod] = Roots()
    for group in context.once(groups).egress:
        servers = [pod for pod in group.pods if id(pod) in pods]
        if not servers or group.open or group.addresses(_PORTS) - (own - nodes) - _LINK_LOCAL:
            continue
        verdict = context.engine.verdict(servers[0], _SOMEWHERE, Protocol.UDP, 53, misses=False)
        cause = blame(context, verdict)
        if cause is not None:
            roots.add(cause, servers)
    for cause, servers_cut in roots.items():
        yield Finding(
            DNS_UPSTREAM_CUT,
            f"{cause.ref} lets the DNS pods {some_pods(servers_cut)} ask no server outside the cluster.",
            cause.origin,
            cause.ref,
            "Names of Services resolve and all others fail.",
            "Allow the DNS pods UDP and TCP 53 to the servers that their Corefile names.",
            workloads(servers_cut),
        )
