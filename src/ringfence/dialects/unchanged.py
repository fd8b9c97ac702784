"""Whether the policies of a later snapshot read as those of an earlier one, so that they needn't be read again."""

from __future__ import annotations

from typing import Final

from ringfence.dialects.detect import AUTO, cni_of
from ringfence.model.objects import Snapshot

_BY_THEMSELVES: Final = frozenset({"networking.k8s.io/v1", "policy.networking.k8s.io/v1alpha2"})
"""Versions whose policies are read by themselves: what a rule is of others' depends on Services, pods or namespaces."""


def read_alike(before: Snapshot, after: Snapshot, cni: str) -> bool:
    """True where :func:`ringfence.dialects.read_policies` surely gives for ``after`` what it gave for ``before``."""
    return (
        not (before.names or after.names)
        and before.mesh == after.mesh
        and not after.mesh.registry_only
        and before.policies == after.policies
        and all(raw.ref.api_version in _BY_THEMSELVES for raw in after.policies)
        and (cni != AUTO or cni_of(before) == cni_of(after))
    )
