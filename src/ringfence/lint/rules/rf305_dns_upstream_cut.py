"""The DNS pods can't ask any server outside the cluster.

## What it does

Finds DNS pods whose egress is isolated and allows none of the servers to which a `forward` line of their Corefile
sends queries. Where the input has no Corefile, or it forwards to the resolvers of the node, which no manifest tells, at
least port 53 of some address outside the cluster must be allowed.

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

from collections.abc import Iterable, Iterator

from ringfence.lint.blame import Roots, blame
from ringfence.lint.context import LintContext
from ringfence.lint.groups import Group, known_addresses, possible_groups
from ringfence.lint.naming import some, some_pods, workloads
from ringfence.model.addresses import AddressSet, format_address, parse_address
from ringfence.model.codes import DNS_UPSTREAM_CUT
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod, WorkloadRef
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint
from ringfence.survey.corefile import Forward, Resolver, forwards

_PORTS = PortSet.point(Protocol.UDP, 53) | PortSet.point(Protocol.TCP, 53) | PortSet.point(Protocol.TCP, 853)
_LINK_LOCAL = AddressSet.cidr("169.254.0.0/16")
_SOMEWHERE = Resolver(parse_address("8.8.8.8"), Protocol.UDP, 53)
_COREFILE = "Corefile"
_NODES = Forward(".", (), known=False)
"""What is taken for a Corefile that isn't in the input: the resolvers of the node, as most have it."""


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a policy and list of servers."""
    pods = {id(pod) for server in context.survey.dns for pod in server.pods}
    known = context.once(_corefiles)
    lost: dict[Forward, Roots[Pod]] = {}
    for group in context.once(possible_groups).egress:
        by_workload: dict[WorkloadRef, list[Pod]] = {}
        for pod in group.pods:
            if id(pod) in pods and not group.open:
                by_workload.setdefault(pod.workload, []).append(pod)
        for workload, servers in by_workload.items():
            for forward in known.get(workload, (_NODES,)):
                if _reaches_one(context, group, forward):
                    continue
                resolver = next(iter(forward.resolvers), _SOMEWHERE)
                end = AddressEndpoint(resolver.address)
                verdict = context.engine.verdict(servers[0], end, resolver.protocol, resolver.port, misses=False)
                cause = blame(context, verdict)
                if cause is not None:
                    lost.setdefault(forward, Roots()).add(cause, servers)
    for forward, roots in lost.items():
        for cause, cut in roots.items():
            names = _names(forward.resolvers)
            others = "Names of Services resolve and all others fail."
            yield Finding(
                DNS_UPSTREAM_CUT,
                f"{cause.ref} lets the DNS pods {some_pods(cut)} ask {_whom(forward, names)}.",
                cause.origin,
                cause.ref,
                others if forward.zone == "." else f"Names below {forward.zone} fail.",
                f"Allow the DNS pods {names}."
                if names
                else "Allow the DNS pods UDP and TCP 53 to the servers that their Corefile names.",
                workloads(cut),
            )


def _corefiles(context: LintContext) -> dict[WorkloadRef, tuple[Forward, ...]]:
    """Where the workloads of which the input has a Corefile forward to; nothing for one that forwards nowhere."""
    found: dict[WorkloadRef, tuple[Forward, ...]] = {}
    for reference in context.snapshot.references:
        if reference.key == _COREFILE:
            found[reference.workload] = (*found.get(reference.workload, ()), *forwards(reference.text))
    return found


def _reaches_one(context: LintContext, group: Group, forward: Forward) -> bool:
    """True where the pods of a group may ask one of the servers: the others are left out while they don't answer."""
    if not forward.known and _outside(context, group):
        return True
    inside = {address for address, _ in context.cluster_addresses}
    return any(
        group.to_address(resolver.address).has(resolver.protocol, resolver.port)
        # Behind an address of the cluster are pods, which a rule may reach by their labels.
        or resolver.address in inside
        or context.holders(AddressSet.of([(resolver.address, resolver.address)]))
        for resolver in forward.resolvers
    )


def _outside(context: LintContext, group: Group) -> bool:
    """True where a group may ask an address outside. Nodes count as such: their resolver may be the upstream."""
    nodes = AddressSet.of((address, address) for node in context.snapshot.nodes for address in node.addresses)
    return bool(group.addresses(_PORTS) - (context.once(known_addresses) - nodes) - _LINK_LOCAL)


def _whom(forward: Forward, names: str) -> str:
    if not names:
        return "no server outside the cluster"
    return f"none of the servers to which their Corefile forwards `{forward.zone}`: {names}"


def _names(resolvers: Iterable[Resolver]) -> str:
    return some(f"{each.protocol} {each.port} to {format_address(each.address)}" for each in resolvers)
