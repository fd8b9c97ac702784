"""Which objects of a history are one: those of a group, kind, namespace and name, in whatever version."""

from __future__ import annotations

from typing import Final

from ringfence.history.revision import Body
from ringfence.live.discovery import CALICO
from ringfence.model.origin import ObjectRef

Identity = tuple[str, str, str, str]
"""API group, kind, namespace and name."""

_SAME: Final = {CALICO[1]: CALICO[0], "extensions": "networking.k8s.io"}
"""Groups that hold the objects of another. Calico's API server stores its objects in the one; NetworkPolicy, alone of
what a history keeps, was served in the other until Kubernetes 1.16."""


def group_of(api_version: str) -> str:
    """The group that tells objects apart: of ``crd.projectcalico.org/v1`` that is ``projectcalico.org``."""
    group = api_version.rpartition("/")[0]
    return _SAME.get(group, group)


def groups_of(group: str) -> tuple[str, ...]:
    """The groups in which objects of a group may be served, as :func:`group_of` tells it."""
    return group, *(other for other, same in _SAME.items() if same == group)


def identity(ref: ObjectRef) -> Identity:
    """What tells an object from every other."""
    return group_of(ref.api_version), ref.kind, ref.namespace, ref.name


def ref_of(body: Body) -> ObjectRef:
    """The name of an object, by what it says itself."""
    metadata = body.get("metadata") or {}
    return ObjectRef(
        str(body.get("kind", "")),
        str(metadata.get("name", "")),
        str(metadata.get("namespace", "")),
        str(body.get("apiVersion", "")),
    )


_FIRST: Final = {
    "NetworkPolicy": "networking.k8s.io",
    "ClusterNetworkPolicy": "policy.networking.k8s.io",
    "AuthorizationPolicy": "security.istio.io",
    "Tier": "projectcalico.org",
}
"""Kinds that several groups have, with the group that is meant where none is said."""


def kind_shown(ref: ObjectRef) -> str:
    """The kind for a reader; with its group, as ``kubectl get`` takes it, where another group has a kind so called."""
    group = group_of(ref.api_version)
    return f"{ref.kind}.{group}" if group and _FIRST.get(ref.kind, group) != group else ref.kind
