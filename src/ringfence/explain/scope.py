"""Cluster-scoped policies with an empty subject: they hold in every namespace, which not every author meant."""

from __future__ import annotations

import re

from ringfence.engine.facts import Facts
from ringfence.model.labels import EVERYTHING
from ringfence.model.policy import Policy

_PLAIN = frozenset({"default", "system", "all", "cluster", "kube-system"})
"""Namespaces whose names are words of their own in the name of a policy: ``default-deny``."""

_BREAK = re.compile(r"[^a-z0-9]+")


def holds_everywhere(policy: Policy) -> bool:
    """True where the subject of a policy is every pod of the cluster."""
    subject = policy.subject
    return subject.namespace is None and subject.namespaces == EVERYTHING and subject.pods == EVERYTHING


def namespace_meant(policy: Policy, facts: Facts) -> str:
    """The one namespace that the name of a policy with an empty subject names; empty where there is none, or several.

    ``fraud-isolation`` is about ``fraud``. Of names within one another the longest counts: ``team-a`` before ``team``.
    """
    if not holds_everywhere(policy):
        return ""
    text = f"-{_plain(policy.ref.name)}-"
    named = [name for name in facts.namespaces if name not in _PLAIN and f"-{_plain(name)}-" in text]
    longest = [name for name in named if not any(name != other and _plain(name) in _plain(other) for other in named)]
    return longest[0] if len(longest) == 1 else ""


def _plain(name: str) -> str:
    return _BREAK.sub("-", name.lower()).strip("-")
