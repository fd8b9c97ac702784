"""Policies that would allow a denied connection, had their podSelector selected the pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringfence.engine.facts import Facts
from ringfence.engine.match import peer_matches, rule_ports
from ringfence.explain.slips import is_slip, pod_miss
from ringfence.model.labels import Operator, Requirement
from ringfence.model.objects import Pod
from ringfence.model.policy import Action, Direction, Policy, PolicySet, Rule, StageKind
from ringfence.model.ports import AnyProtocol
from ringfence.model.verdict import Endpoint, Verdict

_NETWORK_POLICY = "networking.k8s.io/v1"
_DEFAULT_TIER = "tier default"

NearSubject = tuple[Policy, int, Rule, tuple[Requirement, ...]]
"""A policy, the rule that would allow with its number, and the requirements of the podSelector that the pod fails."""


def near_subjects(
    policies: Iterable[Policy], verdict: Verdict, direction: Direction, facts: Facts
) -> Iterator[NearSubject]:
    """Policies whose podSelector misses the pod by a slip, with the rule that would allow, and what it fails on.

    ``policies`` are those of an additive stage; one that selects the pod is none of these.
    """
    ends = verdict.source, verdict.destination
    yield from subjects_between(policies, ends, (verdict.protocol, verdict.port), direction, facts)


def subjects_between(
    policies: Iterable[Policy],
    ends: tuple[Endpoint, Endpoint],
    port: tuple[AnyProtocol, int],
    direction: Direction,
    facts: Facts,
) -> Iterator[NearSubject]:
    """The same for a connection from the first of ``ends`` to a ``port`` of the second."""
    subject, peer = ends if direction is Direction.EGRESS else (ends[1], ends[0])
    if not isinstance(subject, Pod):
        return
    for policy in policies:
        if policy.subject.namespace not in (None, subject.namespace):
            continue
        miss = pod_miss(policy.subject, subject, facts)
        if miss is None or miss.namespace or not miss.pod:
            continue
        for index, rule in enumerate(policy.rules(direction)):
            if not _matches(rule, (subject, peer), ends[1], port, facts) or rule.action is Action.LOG:
                continue
            if rule.action is Action.ALLOW and is_slip(miss, subject, facts):
                yield policy, index, rule, miss.pod
            break


def additive_policies(policy_set: PolicySet) -> tuple[Policy, ...]:
    """The policies that only ever allow beside one another: NetworkPolicies, in a tier of Calico's, too.

    Beside them, the policies of that tier: one that has no say on a pod yet would be judged with the others.
    """
    stages = (stage for layer in policy_set.layers for stage in layer.stages)
    return tuple(
        policy
        for stage in stages
        for policy in stage.policies
        if stage.kind is StageKind.ADDITIVE or stage.name == _DEFAULT_TIER or policy.ref.api_version == _NETWORK_POLICY
    )


def _matches(
    rule: Rule, ends: tuple[Pod, Endpoint], destination: Endpoint, port: tuple[AnyProtocol, int], facts: Facts
) -> bool:
    subject, peer = ends
    if rule.only is not None and not peer_matches(rule.only, subject, facts, subject):
        return False
    if rule.conditions:
        return False
    if rule.peers is not None and not any(peer_matches(each, peer, facts, subject) for each in rule.peers):
        return False
    return rule_ports(rule, destination).has(*port)


def asked(requirement: Requirement, pod: Pod) -> str:
    """What a selector asks and the pod lacks: ``label `tier=api`, which is missing on``."""
    value = pod.labels.get(requirement.key)
    if requirement.operator in (Operator.DOES_NOT_EXIST, Operator.NOT_IN) or value is not None:
        return f"label `{requirement}`, but `{requirement.key}={value}` is set on"
    return f"label `{requirement}`, which is missing on"
