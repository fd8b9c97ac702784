"""Which workloads an Istio policy is for: those of its namespace, or of the whole mesh for one of the root namespace.

Source: Istio reference, "AuthorizationPolicy" (scope) and "WorkloadSelector".
"""

from __future__ import annotations

from ringfence.dialects.fields import Field
from ringfence.dialects.selectors import read_selector
from ringfence.model import derived
from ringfence.model.codes import TARGET_NOT_EVALUATED
from ringfence.model.labels import EVERYTHING, AllOf, Operator, Requirement
from ringfence.model.policy import PodPeer

ROOT_NAMESPACE = "istio-system"
"""Istio's default; another one is told to it by a ConfigMap."""

IN_MESH = Requirement(derived.MESH, Operator.EXISTS)


def read_workloads(spec: Field) -> PodPeer | None:
    """The pods that the policy is for; None, with findings, where the selector is invalid."""
    selector = spec.get("selector")
    if selector is not None and selector.is_mapping():
        selector.report_unknown(("matchLabels",), why="Istio ignores the field.")
    pods = read_selector(selector)
    if pods is None:
        return None
    own = spec.raw.ref.namespace
    parts = (pods, IN_MESH) if pods != EVERYTHING else (IN_MESH,)
    return PodPeer(None if own == ROOT_NAMESPACE else own, EVERYTHING, AllOf(parts), (selector or spec).origin)


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
