"""A rule lets pods reach the cloud's metadata address.

## What it does

Finds rules that let isolated pods reach 169.254.169.254 or fd00:ec2::254 on TCP 80, most often by a wide range
without an exception. Pods that nothing isolates are [RF402](RF402.md), rules that allow everything [RF403](RF403.md).

## Why it matters

The address answers with the credentials of the node. A pod that can be made to fetch a URL is enough to take them.

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
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0}}]
    ports: [{port: 80}]
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
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]
    ports: [{port: 80}]
```

## Fix safety

Unsafe: `--fix --unsafe-fixes` adds the address to the exceptions of an `ipBlock`. The exception cuts pods that take
their identity from the metadata server, such as those without a workload identity of their own. The `networks` of a
ClusterNetworkPolicy or an AdminNetworkPolicy have no `except`: there, a rule with action Deny for 169.254.169.254/32
goes before the one that allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.lint.context import LintContext
from ringfence.lint.exposure import everything, letting_out
from ringfence.lint.groups import groups
from ringfence.lint.naming import distinct, workloads
from ringfence.lint.proposals import edited, path_of, value_at
from ringfence.model.addresses import AddressSet, parse_address
from ringfence.model.codes import CLOUD_METADATA
from ringfence.model.finding import Finding
from ringfence.model.objects import Pod
from ringfence.model.patch import Edit, EditOp, Patch
from ringfence.model.ports import Protocol
from ringfence.model.verdict import AddressEndpoint, RuleTrace

METADATA = ("169.254.169.254", "fd00:ec2::254")
"""The instance metadata addresses of the large clouds; the second is AWS's for IPv6."""

_HTTP = 80


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a rule, with the pods that it lets out."""
    found: dict[int, tuple[RuleTrace, list[str], list[Pod]]] = {}
    for group in context.once(groups).egress:
        if group.open or not group.policies:
            continue
        for text in METADATA:
            address = parse_address(text)
            if not group.to_address(address).has(Protocol.TCP, _HTTP):
                continue
            trace = letting_out(context, group, AddressEndpoint(address), Protocol.TCP, _HTTP)
            if trace is not None and not everything(trace.rule):
                _, addresses, pods = found.setdefault(id(trace.rule), (trace, [], []))
                addresses.append(text)
                pods.extend(group.pods)
    for trace, addresses, pods in found.values():
        named = " and ".join(dict.fromkeys(addresses))
        yield Finding(
            CLOUD_METADATA,
            f"{trace.policy.ref} lets its pods reach the cloud's metadata address {named}.",
            trace.peer.origin if trace.peer is not None else trace.rule.origin,
            trace.policy.ref,
            "The address answers with the credentials of the node.",
            _hint(trace.policy.ref.kind, addresses),
            workloads(distinct(pods)),
            tuple(_patches(context, trace, addresses)),
        )


def _hint(kind: str, addresses: Iterable[str]) -> str:
    """Only an ipBlock of a NetworkPolicy has ``except``; the rules of the tiers are tried in order instead."""
    if kind == "NetworkPolicy":
        return "Add except: [169.254.169.254/32] to the range."
    ranges = (_range(text) for text in dict.fromkeys(addresses))
    return f"Put a rule with action Deny for {' and '.join(ranges)} before it."


def _patches(context: LintContext, trace: RuleTrace, addresses: Iterable[str]) -> Iterator[Patch]:
    """The ``ipBlock`` with the addresses among its exceptions."""
    raw = context.raw(trace.policy.ref)
    path = path_of(trace.peer.origin.path) if trace.peer is not None else ()
    block = value_at(raw.body, path) if raw is not None and path else None
    if raw is None or trace.peer is None or not isinstance(block, dict) or "cidr" not in block:
        return
    whole = AddressSet.cidr(str(block["cidr"]))
    holes = [_range(text) for text in dict.fromkeys(addresses) if parse_address(text) in whole]
    known = block.get("except") or []
    edits = [Edit(EditOp.ADD, (*path, "except", len(known) + number), hole) for number, hole in enumerate(holes)]
    if not known:
        edits = [Edit(EditOp.ADD, (*path, "except"), holes)]
    yield edited(f"Take {' and '.join(holes)} out of {block['cidr']}", raw.ref, trace.peer.origin, *edits)


def _range(text: str) -> str:
    return f"{text}/{128 if ':' in text else 32}"
