"""A rule lets pods ask any DNS server.

## What it does

Finds rules that let isolated pods reach DNS servers other than the cluster's, on 53 or 853, at more addresses than
someone would list. Rules that allow every port anyway are [RF403](RF403.md) and [RF404](RF404.md). The cluster's own
DNS pods, which ask upstream, are left out.

## Why it matters

Any server that answers DNS is a way out: data leaves in the names that are asked for, and filters and logs of the
cluster's DNS see nothing of it.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - ports: [{port: 53, protocol: UDP}, {port: 53}]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
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

There is no automatic fix. `ringfence generate allow-dns` makes a policy for the DNS pods on their real ports.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import letting_out
from ringfence.lint.groups import Group, groups, known_addresses
from ringfence.lint.naming import distinct, workloads
from ringfence.model.addresses import NO_ADDRESSES, AddressSet
from ringfence.model.codes import OTHER_RESOLVERS
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import AddressEndpoint, RuleTrace

_RESOLVERS = ((Protocol.UDP, 53), (Protocol.TCP, 53), (Protocol.TCP, 853))
"""DNS (RFC 1035) and DNS over TLS (RFC 7858)."""

_LISTED = 256
"""So many addresses may be a list of resolvers that someone chose."""


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with the pods that it lets out."""
    own = {id(pod) for server in context.survey.dns for pod in server.pods}
    known = context.once(known_addresses)
    found: dict[int, tuple[RuleTrace, set[tuple[Protocol, int]], list[Pod]]] = {}
    for group in context.once(groups).egress:
        if group.open or not group.policies or all(id(pod) in own for pod in group.pods):
            continue
        for protocol, port in _RESOLVERS:
            outside = _outside(group, protocol, port, known)
            if not outside:
                continue
            end = AddressEndpoint(outside.intervals[0][0])
            trace = letting_out(context, group, end, protocol, port)
            if trace is not None and trace.rule.ports is not None:
                _, ports, pods = found.setdefault(id(trace.rule), (trace, set(), []))
                ports.add((protocol, port))
                pods.extend(group.pods)
    for trace, ports, pods in found.values():
        asked = PortSet.of(span for protocol, port in ports for span in PortSet.point(protocol, port))
        yield Finding(
            OTHER_RESOLVERS,
            f"{trace.policy.ref} lets its pods ask any DNS server, on {asked}.",
            trace.rule.origin,
            trace.policy.ref,
            "Data can leave in the names that are asked for.",
            "Name the DNS pods as the peer.",
            workloads(distinct(pods)),
        )


def _outside(group: Group, protocol: Protocol, port: int, known: AddressSet) -> AddressSet:
    """The addresses with a resolver's port that no pod or node has, where they are more than a list."""
    outside = group.addresses(PortSet.point(protocol, port)) - known
    return outside if outside.size > _LISTED else NO_ADDRESSES
