"""Workloads as a mesh knows them: callers by identity, and only those that take part in it.

Source: Istio reference, "AuthorizationPolicy": principals and namespaces come from the certificate of mutual TLS, which
a caller outside the mesh doesn't have.
"""

from __future__ import annotations

from dataclasses import replace

from ringfence.learn.groups import Group
from ringfence.model import derived
from ringfence.model.labels import AllOf, Operator, Requirement
from ringfence.model.mesh import mesh_mode
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PodPeer
from ringfence.model.ports import PortSet, Protocol

GUARDS_SERVERS = "AuthorizationPolicy guards servers, not clients"
OUTSIDE = "its pods are not all in the mesh, which enforces AuthorizationPolicy"
LIMITED = PortSet.range(Protocol.TCP)
"""What an AuthorizationPolicy limits: TCP. Source: Istio reference, "Protocol selection"."""

_IN_MESH = Requirement(derived.MESH, Operator.EXISTS)


class Mesh:
    """The mesh of a cluster, as far as labels tell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._namespaces = snapshot.namespaces
        self._accounts: dict[tuple[str, str], set[str]] = {}
        for pod in snapshot.pods:
            key = pod.namespace, pod.service_account
            self._accounts.setdefault(key, set()).add(str(pod.workload))

    def has(self, group: Group) -> bool:
        """Whether all pods of a group are in the mesh."""
        found = self._namespaces.get(group.namespace)
        labels = found.labels if found is not None else {}
        return all(mesh_mode(pod, labels) for pod in group.pods)

    def caller(self, group: Group) -> tuple[PodPeer, str]:
        """A group as a caller, with a note where that means others, too.

        By the service accounts of its pods; of a group that the cluster doesn't have they are not known, so it is by
        its namespace.
        """
        if group.absent:
            asked = Requirement(derived.NAMESPACE, Operator.IN, (group.namespace,))
            note = f"its service account is not known, so all of namespace {group.namespace} is meant"
            return PodPeer(pods=AllOf((asked, _IN_MESH))), note
        accounts = sorted({pod.service_account for pod in group.pods})
        names = tuple(derived.principal(group.namespace, account) for account in accounts)
        own = {str(workload) for workload in group.workloads}
        others = {each for account in accounts for each in self._accounts[group.namespace, account]} - own
        note = f"its service account is also that of {', '.join(sorted(others))}" if others else ""
        return PodPeer(pods=AllOf((Requirement(derived.PRINCIPAL, Operator.IN, names),))), note


def in_mesh(peer: PodPeer) -> PodPeer:
    """The pods of a peer that are in the mesh."""
    return replace(peer, pods=AllOf((peer.pods, _IN_MESH)))


def with_mesh_only(snapshot: Snapshot) -> Snapshot:
    """The cluster with the policies of the mesh alone: what the network allows, too, the mesh must allow itself."""
    own = tuple(raw for raw in snapshot.policies if raw.ref.api_version.startswith("security.istio.io/"))
    return replace(snapshot, policies=own)
