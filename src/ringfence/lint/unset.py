"""Namespace labels that name a namespace, and that no namespace has."""

from __future__ import annotations

from ringfence.lint.context import LintContext
from ringfence.model.labels import AllOf, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.policy import PodPeer

EVERYWHERE = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
"""The namespaces that every cluster makes by itself."""


def unset_namespace_label(context: LintContext, peer: PodPeer) -> Requirement | None:
    """The requirement by which a peer asks for a namespace by name, under a key that no namespace has."""
    if peer.namespace is not None or context.namespaces(peer):
        return None
    parts = peer.namespaces.parts if isinstance(peer.namespaces, AllOf) else (peer.namespaces,)
    for part in parts:
        if not isinstance(part, Requirement) or part.operator is not Operator.IN or len(part.values) != 1:
            continue
        named = part.values[0] in context.snapshot.namespaces or part.values[0] in EVERYWHERE
        if part.key != NAMESPACE_NAME_LABEL and named and part.values[0] not in context.namespace_values(part.key):
            return part
    return None
