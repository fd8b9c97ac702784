"""A range allows far more addresses than it states.

## What it does

Finds ranges of rules that state one address or a small block and allow at least 256 times as many, such as
`52.48.12.15/8`; and ranges of more than a million public addresses that are not the whole Internet, which
[RF404](RF404.md) and [RF405](RF405.md) are about.

## Why it matters

A range is widened until a failure goes away. It then holds addresses of thousands of strangers, and hides which ones
are needed. No service publishes a range of that size.

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
  - to: [{ipBlock: {cidr: 52.48.12.15/8}}]
    ports: [{port: 443}]
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
  - to: [{ipBlock: {cidr: 52.48.12.0/24}}]
    ports: [{port: 443}]
```

## Fix safety

There is no automatic fix: take the ranges that the provider publishes, or a rule by name where the policy API has
them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.lint.context import LintContext
from ringfence.model.addresses import V4_MAX, V6_BASE, AddressSet, parse_address, parse_cidr
from ringfence.model.codes import RANGE_TOO_WIDE
from ringfence.model.finding import Finding
from ringfence.model.internet import ASSIGNED_V6, INTERNET, INTERNET_V4
from ringfence.model.policy import Action, AddressPeer

_WIDER = 256
_MANY = 1 << 20
_MANY_V6 = 1 << 108  # a /20: the largest block that a registry gives to one network


def check(context: LintContext) -> Iterator[Finding]:
    """One finding a range."""
    for placed in context.rules:
        if placed.rule.action is not Action.ALLOW:
            continue
        for peer in placed.rule.peers or ():
            if isinstance(peer, AddressPeer) and (what := _too_wide(peer)):
                yield Finding(
                    RANGE_TOO_WIDE,
                    f"{placed.policy.ref} {what}.",
                    peer.origin,
                    placed.policy.ref,
                    "It hides which addresses are needed, and holds those of strangers.",
                    "Write the ranges that the provider publishes.",
                )


def _too_wide(peer: AddressPeer) -> str:
    text = peer.text.split(" ", 1)[0]
    try:
        (lo, hi), masked = parse_cidr(text)
        stated = parse_address(text.partition("/")[0])
    except ValueError:
        return ""
    size = hi - lo + 1
    if masked and size >= _WIDER * _stated_size(stated):
        return f"states {text} and allows {size:,} addresses from it"
    if peer.addresses & INTERNET_V4 == INTERNET_V4 or peer.addresses & ASSIGNED_V6 == ASSIGNED_V6 or _half(text):
        return ""
    public = (AddressSet(((lo, hi),)) & peer.addresses) & (INTERNET)
    if public.size >= (_MANY if hi <= V4_MAX else _MANY_V6):
        return f"allows all of {text}, {public.size:,} public addresses"
    return ""


def _stated_size(address: int) -> int:
    """How many addresses the spelling of an address may stand for: its trailing zero bits, by the byte."""
    value = address - V6_BASE if address >= V6_BASE else address
    size = 1
    while value and not value & 0xFF:
        value >>= 8
        size <<= 8
    return size


def _half(text: str) -> bool:
    """A part of the whole Internet that is cut in a few pieces."""
    length = int(text.partition("/")[2])
    return length <= (4 if ":" not in text else 3)
