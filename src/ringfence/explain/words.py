"""The words that causes share: rules, objects, labels and pods, as kubectl's users say them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from ringfence.model.labels import Operator, Requirement
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.policy import Direction, Policy, Rule
from ringfence.model.verdict import RuleTrace

_IN_LIST = re.compile(r"\b((?:in|e)gress(?:Deny)?|rules)\[(\d+)\]$")


def object_name(ref: ObjectRef) -> str:
    """``NetworkPolicy data/postgres``, as kubectl's users say it."""
    return f"{ref.kind} {ref.namespace}/{ref.name}" if ref.namespace else f"{ref.kind} {ref.name}"


class Numbered(Protocol):
    """A rule and its place in the policy that it was read into."""

    @property
    def policy(self) -> Policy: ...  # noqa: D102
    @property
    def rule(self) -> Rule: ...  # noqa: D102
    @property
    def direction(self) -> Direction: ...  # noqa: D102
    @property
    def index(self) -> int: ...  # noqa: D102


def rule_number(trace: Numbered) -> str:
    """``ingress rule 2``: the list in which the rule stands, and its number there.

    Both are of the manifest: a rule may be read into several, and Cilium's denies stand in lists of their own.
    """
    if trace.policy.ref.kind == "PeerAuthentication":
        return "mtls"
    found = _IN_LIST.search(trace.rule.origin.path)
    if found is not None and found[1] == "rules":
        return f"rule {int(found[2]) + 1}"
    return f"{found[1]} rule {int(found[2]) + 1}" if found else f"{trace.direction} rule {trace.index + 1}"


def rule_words(trace: RuleTrace) -> str:
    """``NetworkPolicy shop/web, ingress rule 1,``, with the rule's name where it has one."""
    name = f' "{trace.rule.name}"' if trace.rule.name else ""
    return f"{object_name(trace.policy.ref)}, {rule_number(trace)}{name},"


def side_words(direction: Direction) -> str:
    """The side of a connection, before the name of its end."""
    return "Egress from" if direction is Direction.EGRESS else "Ingress to"


def lacks(requirement: Requirement, value: str | None) -> str:
    """What is asked for and not met; ``value`` is what stands there, if anything does. A place follows."""
    if requirement.operator in (Operator.DOES_NOT_EXIST, Operator.NOT_IN) or value is not None:
        return f"label `{requirement}`, but `{requirement.key}={value}` is set on"
    return f"label `{requirement}`, which is missing on"


def share(failing: int, pods: Sequence[Pod]) -> str:
    """``2 of 3 pods``, or ``the pods`` for those that are only planned."""
    if all(pod.planned for pod in pods):
        return "the pods"
    return f"{failing} of {len(pods)} {'pod' if len(pods) == 1 else 'pods'}"
