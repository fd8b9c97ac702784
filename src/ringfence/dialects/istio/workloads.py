"""Which workloads an Istio policy is for: those of its namespace, or of the whole mesh for one of the root namespace.

Source: Istio reference, "AuthorizationPolicy" (scope) and "WorkloadSelector".
"""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.dialects.fields import Field, describe
from ringfence.dialects.selectors import read_selector
from ringfence.model import derived
from ringfence.model.codes import BAD_SELECTOR, TARGET_NOT_EVALUATED
from ringfence.model.labels import EVERYTHING, AllOf, Labels, Operator, Requirement
from ringfence.model.mesh import AMBIENT, SIDECAR, dataplane_of
from ringfence.model.mesh_settings import MeshSettings
from ringfence.model.objects import Snapshot
from ringfence.model.policy import PodPeer

IN_MESH = Requirement(derived.MESH, Operator.EXISTS)
OF_SIDECARS = PodPeer(pods=AllOf((Requirement(derived.MESH, Operator.IN, (SIDECAR,)),)))
OF_ZTUNNEL = PodPeer(pods=AllOf((Requirement(derived.MESH, Operator.IN, (AMBIENT,)),)))


def read_workloads(spec: Field, settings: MeshSettings) -> PodPeer | None:
    """The pods that the policy is for; None, with findings, where the selector is invalid."""
    selector = spec.get("selector")
    if selector is not None:
        if not selector.is_mapping(code=BAD_SELECTOR):
            return None
        selector.report_unknown(("matchLabels",), why="Istio ignores the field.")
        labels = selector.get("matchLabels")
        if labels is not None and not isinstance(labels.value, dict):
            labels.report(BAD_SELECTOR, f"{labels} must be a mapping, not {describe(labels.value)}.")
            return None
        known = {} if labels is None else {"matchLabels": labels.value}
        selector = Field(selector.raw, selector.path, known, selector.sink)
    pods = read_selector(selector)
    if pods is None:
        return None
    own = spec.raw.ref.namespace
    parts = (pods, IN_MESH) if pods != EVERYTHING else (IN_MESH,)
    namespace = None if own == settings.root_namespace else own
    return PodPeer(namespace, EVERYTHING, AllOf(parts), (selector or spec).origin)


def selects_by_label(spec: Field) -> bool:
    """True where the policy is for some workloads; an empty selector is as none.

    Source: Istio, "Peer authentication": a workload's own policy is one with a selector that is not empty.
    """
    selector = spec.get("selector")
    labels = selector.get("matchLabels") if selector is not None else None
    return labels is not None and bool(labels.value)


def ambient_in_use(snapshot: Snapshot) -> bool:
    """True where a namespace or a pod of the input asks for ztunnel: policies must tell it from sidecars."""
    return any(dataplane_of(labels) == AMBIENT for labels in _labels(snapshot))


def _labels(snapshot: Snapshot) -> Iterator[Labels]:
    yield from (namespace.labels for namespace in snapshot.namespaces.values())
    yield from (pod.labels for pod in snapshot.pods)


def has_target(spec: Field) -> bool:
    """True, with a finding, for a policy of a gateway, a Service or a waypoint, which is not evaluated."""
    present = spec.present(("targetRef", "targetRefs"))
    if present:
        spec.at(present[0]).report(
            TARGET_NOT_EVALUATED,
            f"{spec.raw.ref} is for what {present[0]} names (a gateway or a waypoint), and answers leave it out.",
            why="A connection through it that is said to be allowed may be cut by the policy.",
        )
    return bool(present)
