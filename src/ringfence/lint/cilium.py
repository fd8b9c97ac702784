"""What rules about Cilium's policies share: the manifest behind a rule, and denies against allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ringfence.explain.cilium import CILIUM_DENY, is_cilium
from ringfence.fix.shapes import path_of, value_at
from ringfence.lint.containment import pods_within, rule_within
from ringfence.lint.context import LintContext, PlacedRule
from ringfence.model.objects import Pod
from ringfence.model.policy import Action


def asks_dns(context: LintContext, placed: PlacedRule) -> bool:
    """True where a rule sends DNS through Cilium's proxy, from which it learns addresses."""
    raw = context.raw(placed.policy.ref)
    body: Any = value_at(raw.body, path_of(placed.rule.origin)) if raw is not None else None
    entries = body.get("toPorts") if isinstance(body, dict) else None
    return any(
        isinstance(entry, dict) and bool((entry.get("rules") or {}).get("dns"))
        for entry in (entries if isinstance(entries, list) else ())
    )


def learners(context: LintContext) -> frozenset[int]:
    """Identities of the pods whose DNS goes through the proxy."""
    found: list[Pod] = []
    for placed in context.rules:
        if is_cilium(placed.policy.ref) and asks_dns(context, placed):
            found.extend(context.selected(placed.policy.subject))
    return frozenset(map(id, found))


def undone(context: LintContext) -> Iterator[tuple[PlacedRule, PlacedRule]]:
    """Rules that allow nothing, since one deny of Cilium's holds for all that they allow, with that deny."""
    facts = context.engine.facts
    denies = [placed for placed in context.rules if placed.stage.name == CILIUM_DENY and not placed.rule.conditions]
    for placed in context.rules if denies else ():
        if placed.rule.action is not Action.ALLOW or placed.stage.name != "networkpolicy" or placed.rule.peers == ():
            continue
        for deny in denies:
            inner, outer = placed.policy.subject, deny.policy.subject
            within = inner == outer or pods_within(inner, outer, facts)
            if deny.direction is placed.direction and within and rule_within(placed.rule, deny.rule, facts):
                yield placed, deny
                break
