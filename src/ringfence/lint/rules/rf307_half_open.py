"""A rule allows what the other end denies.

## What it does

Finds rules that name pods by labels, of which nothing gets through because the policies of those pods deny all of it:
egress is allowed here and ingress isn't there, or the reverse. A rule of which something gets through is left alone,
and so is one for whole namespaces. It is one finding for each policy that denies, however many rules it makes useless,
and for a policy that was copied, with its name, into several namespaces.

## Why it matters

A connection needs egress at its source and ingress at its destination. Whoever wrote the rule wanted the connection,
and only did one half.

## Example

```yaml
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
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
  - to: [{podSelector: {matchLabels: {app: api}}}]
    ports: [{port: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  policyTypes: [Ingress]
```

## Use instead

```yaml
apiVersion: v1
kind: Pod
metadata: {name: api-0, namespace: shop, labels: {app: api}}
spec: {containers: [{name: api, image: api}]}
---
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
  - to: [{podSelector: {matchLabels: {app: api}}}]
    ports: [{port: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  podSelector: {matchLabels: {app: api}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 8080}]
```

## Fix safety

There is no automatic fix: the other half may be missing, or this one too many.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator

from ringfence.engine import bits
from ringfence.explain.words import rule_number
from ringfence.lint.blame import Blame, blame
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.lint.groups import possible_groups
from ringfence.lint.naming import some, some_pods
from ringfence.model.codes import HALF_OPEN
from ringfence.model.finding import Finding
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import IGNORE_ANNOTATION, Pod
from ringfence.model.policy import Action, Direction, PodPeer
from ringfence.model.ports import PortSet, Protocol, resolve_ports

_MOST_PAIRS = 400
"""A rule that means more pairs of kinds of pods than this names nobody in particular."""


_MOST_SHOWN = 10


def check(context: LintContext) -> Iterator[Finding]:
    """One finding for each policy, and direction, that denies; with the rules that it makes useless."""
    found: dict[Hashable, tuple[Blame, list[PlacedRule]]] = {}
    for placed in context.rules:
        if placed.rule.action is not Action.ALLOW or placed.rule.conditions or not placed.rule.peers:
            continue
        if all(isinstance(peer, PodPeer) and peer.pods != EVERYTHING for peer in placed.rule.peers):
            cause = _other_end(context, placed)
            if cause is not None:
                found.setdefault((cause.key, cause.direction), (cause, []))[1].append(placed)
    alike: dict[Hashable, list[tuple[Blame, list[PlacedRule]]]] = {}
    for cause, rules in found.values():
        alike.setdefault(_template(context, cause), []).append((cause, rules))
    for denials in alike.values():
        yield _finding(context, *denials[0]) if len(denials) == 1 else _same_everywhere(context, denials)


def _template(context: LintContext, cause: Blame) -> Hashable:
    """Equal for policies that say the same under one name in several namespaces: somebody copied them.

    One that carries a note to the linter stands for itself, so that the note keeps its meaning.
    """
    raw = context.raw(cause.ref)
    if raw is None or not cause.ref.namespace or IGNORE_ANNOTATION in str(raw.body.get("metadata")):
        return cause.key, cause.direction
    text = json.dumps(raw.body.get("spec"), sort_keys=True, default=str)
    return cause.ref.api_version, cause.ref.kind, cause.ref.name, text, cause.origin.path, cause.direction


def _finding(context: LintContext, cause: Blame, rules: list[PlacedRule]) -> Finding:
    named = [_named(context, placed) for placed in rules]
    every = [f"{text}: {placed.rule.origin}" for text, placed in zip(named, rules, strict=True)]
    what = named[0] if len(rules) == 1 else f"{len(rules)} rules allow, {some(named)}"
    return _told(
        cause,
        f"{cause.ref} denies for {cause.direction} all that {what}{' allows' if len(rules) == 1 else ''}.",
        every,
        several=len(rules) > 1,
    )


def _same_everywhere(context: LintContext, denials: list[tuple[Blame, list[PlacedRule]]]) -> Finding:
    """One finding for a policy that stands alike in several namespaces, with what it makes useless in each."""
    cause, _ = denials[0]
    every = [
        f"{each.ref.namespace}, {len(rules)} {'rule' if len(rules) == 1 else 'rules'} ({each.origin}), "
        f"such as {_named(context, rules[0])}: {rules[0].rule.origin}"
        for each, rules in denials
    ]
    total = sum(len(rules) for _, rules in denials)
    names = some(each.ref.namespace for each, _ in denials)
    return _told(
        cause,
        f"{cause.ref.kind} {cause.ref.name}, alike in {len(denials)} namespaces ({names}), denies for "
        f"{cause.direction} all that {total} rules allow.",
        every,
        several=True,
    )


def _told(cause: Blame, what: str, evidence: list[str], *, several: bool) -> Finding:
    if (more := len(evidence) - _MOST_SHOWN) > 0:
        evidence[_MOST_SHOWN:] = [f"and {more} more"]
    return Finding(
        HALF_OPEN,
        what,
        cause.origin,
        cause.ref,
        "A connection needs egress at its source and ingress at its destination.",
        f"Allow the {cause.direction} of those pods as well, or take the rule{'s' if several else ''} away.",
        tuple(evidence),
    )


def _named(context: LintContext, placed: PlacedRule) -> str:
    """``egress rule 1 of shop/NetworkPolicy/web to shop/Deployment/api``."""
    peers = [pod for peer in placed.rule.peers or () for pod in context.selected(peer)]
    way = "to" if placed.direction is Direction.EGRESS else "from"
    return f"{rule_number(placed)} of {placed.policy.ref} {way} {some_pods(peers)}"


def _other_end(context: LintContext, placed: PlacedRule) -> Blame | None:
    """What denies all pairs of the rule at the other end; ``None`` where some pair gets through, or none begins to."""
    universe, every = context.engine.universe, context.once(possible_groups)
    subjects = bits.members(universe.pod_bits(placed.policy.subject))
    named = 0
    for entry in placed.rule.peers or ():
        named |= universe.peer_bits(entry)
    peers = bits.members(named)
    if not subjects or not peers or len(subjects) * len(peers) > _MOST_PAIRS:
        return None
    first: tuple[int, int, PortSet] | None = None
    for subject in subjects:
        for peer in peers:
            source, destination = (subject, peer) if placed.direction is Direction.EGRESS else (peer, subject)
            if source == destination and len(universe.atoms[source].pods) == 1:
                continue
            own = every.egress_of if placed.direction is Direction.EGRESS else every.ingress_of
            meant = own[subject].ports(peer) & resolve_ports(placed.rule.ports, universe.atoms[destination].ports)
            if every.between(source, destination) & meant:
                return None
            if meant and first is None:
                first = (source, destination, meant)
    return None if first is None else _blame(context, *first)


def _blame(context: LintContext, source: int, destination: int, meant: PortSet) -> Blame | None:
    atoms = context.engine.universe.atoms
    start: Pod = atoms[source].pods[0]
    end: Pod = atoms[destination].pods[-1]
    point = meant.intervals[0][0]
    return blame(context, context.engine.verdict(start, end, Protocol(point >> 16), point & 0xFFFF, misses=False))
