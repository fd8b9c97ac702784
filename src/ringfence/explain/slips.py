"""What a pod entry that didn't match failed on, requirement by requirement, and whether that looks like a slip.

A rule for somebody else is not a slip: where a rule admits ``app=cart`` and ``app=mailer`` is refused, nothing is
misspelt, there is just no rule for the mailer.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from ringfence.engine.facts import Facts
from ringfence.model.labels import EVERYTHING, AllOf, LabelExpr, Labels, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod
from ringfence.model.policy import PodPeer

IDENTITY_KEYS = frozenset(
    {"app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app", "name", "run", "component"}
)
"""Labels that say *which* workload a pod is of; another value means another workload."""

_OWNERS = frozenset({"team", "tenant", "owner", "customer", "project", "org", "organization", "account"})

_ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class PodMiss:
    """Why a pod entry doesn't match a pod.

    ``pod`` and ``namespace`` are the requirements that fail; ``elsewhere`` is true where the entry looks only in the
    policy's own namespace, and the pod is in another.
    """

    peer: PodPeer
    pod: tuple[Requirement, ...] = ()
    namespace: tuple[Requirement, ...] = ()
    elsewhere: bool = False

    @property
    def count(self) -> int:
        """How many things would have to change."""
        return len(self.pod) + len(self.namespace) + self.elsewhere


def requirements(expr: LabelExpr) -> tuple[Requirement, ...] | None:
    """The requirements of a conjunction; ``None`` for an expression with other connectives."""
    if isinstance(expr, Requirement):
        return (expr,)
    if not isinstance(expr, AllOf):
        return None
    found: list[Requirement] = []
    for part in expr.parts:
        inner = requirements(part)
        if inner is None:
            return None
        found.extend(inner)
    return tuple(found)


def pod_miss(peer: PodPeer, pod: Pod, facts: Facts) -> PodMiss | None:
    """Why ``peer`` doesn't match ``pod``; ``None`` where the reason is no list of requirements."""
    if pod.host_network:
        return None
    asked = requirements(peer.pods)
    spaces = requirements(peer.namespaces) if peer.namespace is None else ()
    if asked is None or spaces is None:
        return None
    labels = facts.namespace_labels(pod.namespace)
    return PodMiss(
        peer,
        tuple(one for one in asked if not one.matches(pod.labels)),
        tuple(one for one in spaces if not one.matches(labels)),
        peer.namespace is not None and peer.namespace != pod.namespace,
    )


def is_slip(miss: PodMiss, pod: Pod, facts: Facts) -> bool:
    """True where the entry was probably meant for this pod."""
    spaces = facts.namespace_labels(pod.namespace)
    held = len(requirements(miss.peer.pods) or ()) - len(miss.pod)
    fits = held > 0 and not miss.pod
    if not all(_slipped(one, spaces) or (fits and _names_none(one, facts)) for one in miss.namespace):
        return False
    if not all(_slipped(one, pod.labels, others=held) for one in miss.pod):
        return False
    if miss.elsewhere or miss.namespace:
        # The pods must be meant: by some label that they have, or, in a rule for whole namespaces, by none asked.
        return not miss.pod and (held > 0 or not miss.elsewhere)
    return bool(miss.pod)


def _names_none(requirement: Requirement, facts: Facts) -> bool:
    """True where a namespace is asked for by a name that none of the input has: pods that fit are elsewhere."""
    return (
        requirement.key == NAMESPACE_NAME_LABEL
        and requirement.operator is Operator.IN
        and not any(name in facts.namespaces for name in requirement.values)
    )


def may_have_changed(miss: PodMiss, pod: Pod, facts: Facts) -> bool:
    """True where only one label of the pod's namespace has another value: it may have been the one asked for.

    Labels that say *which* namespace, or whose, are not meant: another value there is somebody else.
    """
    if miss.pod or miss.elsewhere or len(miss.namespace) != 1:
        return False
    (one,) = miss.namespace
    whose = IDENTITY_KEYS | _OWNERS
    return (
        one.operator is Operator.IN
        and one.key in facts.namespace_labels(pod.namespace)
        and one.key != NAMESPACE_NAME_LABEL
        and one.key.rpartition("/")[2] not in whose
    )


def _slipped(requirement: Requirement, labels: Labels, *, others: int = 0) -> bool:
    if requirement.operator is not Operator.IN:
        return requirement.operator is Operator.EXISTS
    value = labels.get(requirement.key)
    if value is not None:
        if requirement.key == NAMESPACE_NAME_LABEL:
            return False
        return (others > 0 and requirement.key not in IDENTITY_KEYS) or alike(value, requirement.values)
    if requirement.key not in IDENTITY_KEYS or others > 0:
        return True
    return requirement.values[0] in labels.values() or (
        requirement.key == "name" and requirement.values[0] == labels.get(NAMESPACE_NAME_LABEL)
    )


def alike(value: str, wanted: tuple[str, ...]) -> bool:
    """True where the value looks like a slip for one that is wanted."""
    return any(
        value.lower() == text.lower() or difflib.SequenceMatcher(None, value, text).ratio() >= _ALIKE for text in wanted
    )


def is_specific(peer: PodPeer) -> bool:
    """True where the entry asks for something: a rule for everybody names nobody."""
    return peer.namespace is not None or peer.namespaces != EVERYTHING or peer.pods != EVERYTHING
