"""Pod peers from expressions that ask for a pod's labels, its namespace and its service account together."""

from __future__ import annotations

from ringfence.model import derived
from ringfence.model.labels import AllOf, LabelExpr, Operator, Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL
from ringfence.model.origin import Origin
from ringfence.model.policy import PodPeer

_IN_A_NAMESPACE = Requirement(derived.NAMESPACE, Operator.EXISTS)
"""Every pod is."""


def pod_peer(expr: LabelExpr, namespace: str | None, origin: Origin) -> PodPeer:
    """The pods that an expression over derived labels means, namespace and labels apart where they can be told apart.

    ``namespace`` is the only one looked at, where the dialect implies it.
    """
    namespaces: list[LabelExpr] = []
    pods: list[LabelExpr] = []
    for part in _parts(expr):
        if part == _IN_A_NAMESPACE:
            continue
        # Beside the name of a namespace nobody looks at its labels, so what asks for them stays with the pod.
        moved = _of_namespace(part) if namespace is None else None
        (pods if moved is None else namespaces).append(part if moved is None else moved)
    if namespace is None and len(namespaces) == 1:
        namespace = _single_name(namespaces[0])
        namespaces = [] if namespace is not None else namespaces
    return PodPeer(namespace, AllOf(tuple(namespaces)), AllOf(tuple(pods)), origin)


def _parts(expr: LabelExpr) -> tuple[LabelExpr, ...]:
    if isinstance(expr, AllOf):
        return tuple(part for each in expr.parts for part in _parts(each))
    return (expr,)


def _of_namespace(part: LabelExpr) -> Requirement | None:
    """The requirement as one on the namespace's own labels; None where it is on the pod."""
    if not isinstance(part, Requirement):
        return None
    if part.key == derived.NAMESPACE and part.values:
        return Requirement(NAMESPACE_NAME_LABEL, part.operator, part.values)
    if part.key.startswith(derived.NAMESPACE_LABEL):
        return Requirement(part.key.removeprefix(derived.NAMESPACE_LABEL), part.operator, part.values)
    return None


def _single_name(part: LabelExpr) -> str | None:
    if not isinstance(part, Requirement) or len(part.values) != 1:
        return None
    named = part.key == NAMESPACE_NAME_LABEL and part.operator is Operator.IN
    return part.values[0] if named else None
