"""Policies that would allow a denied connection, had their podSelector selected the pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.engine.facts import Facts
from ringfence.engine.match import peer_matches, rule_ports
from ringfence.explain.slips import is_slip, pod_miss
from ringfence.model.labels import Operator, Requirement
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, Direction, Policy, Rule
from ringfence.model.verdict import Endpoint, Verdict


def near_subjects(
    policies: Iterable[Policy], verdict: Verdict, direction: Direction, facts: Facts
) -> Iterator[tuple[Policy, int, Rule, tuple[Requirement, ...]]]:
    """Policies whose podSelector misses the pod by a slip, with the rule that would allow, and what it fails on.

    ``policies`` are those of an additive stage; one that selects the pod is none of these.
    """
    subject, peer = verdict.source, verdict.destination
    if direction is Direction.INGRESS:
        subject, peer = peer, subject
    if not isinstance(subject, Pod):
        return
    for policy in policies:
        miss = pod_miss(policy.subject, subject, facts)
        if miss is None or miss.elsewhere or miss.namespace or not miss.pod:
            continue
        for index, rule in enumerate(policy.rules(direction)):
            if _would_allow(rule, peer, verdict, facts):
                if is_slip(miss, subject, facts):
                    yield policy, index, rule, miss.pod
                break


def _would_allow(rule: Rule, peer: Endpoint, verdict: Verdict, facts: Facts) -> bool:
    if rule.action is not Action.ALLOW or rule.conditions:
        return False
    if rule.peers is not None and not any(peer_matches(each, peer, facts) for each in rule.peers):
        return False
    return rule_ports(rule, verdict.destination).has(verdict.protocol, verdict.port)


def asked(requirement: Requirement, pod: Pod) -> str:
    """What a selector asks and the pod lacks: ``label `tier=api`, which is missing on``."""
    value = pod.labels.get(requirement.key)
    if requirement.operator in (Operator.DOES_NOT_EXIST, Operator.NOT_IN) or value is not None:
        return f"label `{requirement}`, but `{requirement.key}={value}` is set on"
    return f"label `{requirement}`, which is missing on"
