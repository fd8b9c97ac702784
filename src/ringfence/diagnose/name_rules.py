"""Workloads with rules by name: without DNS such a rule never comes into force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.engine import Engine
from ringfence.explain.words import object_name
from ringfence.model.policy import Action, Direction, NamePeer, Rule


@dataclass(frozen=True, slots=True)
class NameRule:
    """The policy of a rule by name, and the names that it allows."""

    policy: str
    names: tuple[str, ...]


def name_rules(engine: Engine) -> dict[str, NameRule]:
    """The first such policy of each workload that has one."""
    policies = {
        number: names
        for number, compiled in engine.program.compiled.items()
        if (names := _names(compiled.policy.egress))
    }
    found: dict[str, NameRule] = {}
    if not policies:
        return found
    for number, atom in enumerate(engine.universe.atoms):
        for each in engine.policies_of(Direction.EGRESS, number) if atom.guarded else ():
            if each in policies:
                rule = NameRule(object_name(engine.program.compiled[each].policy.ref), policies[each])
                for pod in atom.pods:
                    found.setdefault(str(pod.workload), rule)
    return found


def _names(rules: Iterable[Rule]) -> tuple[str, ...]:
    found = (
        peer.pattern
        for rule in rules
        if rule.action is Action.ALLOW
        for peer in rule.peers or ()
        if isinstance(peer, NamePeer)
    )
    return tuple(dict.fromkeys(found))
