"""Endpoint selectors: what they mean of pods, and of the peers that have no labels but a reserved one.

Every identity that a selector matches is meant: pods, the host, other nodes, and what is outside. A selector that
doesn't speak of a namespace is narrowed to that of its policy, or, in a clusterwide one, to whatever has a namespace,
and so means pods. One that asks only for what a label is *not* also matches those that have no such label at all.

Source: getEndpointSelector in ``pkg/k8s/apis/cilium.io/utils`` of Cilium; "Using Kubernetes constructs in policy".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ringfence.dialects.cilium.entities import ENTITIES, entity
from ringfence.dialects.cilium.labels import (
    CLUSTER_KEY,
    NAMESPACE_KEY,
    RESERVED,
    keys_of,
    names_namespace,
    read_label_key,
    split_source,
)
from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.dialects.selectors import read_selector
from ringfence.model import derived
from ringfence.model.codes import BAD_SELECTOR, UNKNOWN_PEER
from ringfence.model.labels import EVERYTHING, AllOf, LabelExpr, Operator, Requirement
from ringfence.model.policy import Condition, NodePeer, PodPeer

_NEGATIVE = (Operator.NOT_IN, Operator.DOES_NOT_EXIST)
_NODES = frozenset({"host", "remote-node"})
_WITHOUT_LABELS = ("host", "remote-node", "world")
"""Entities that have nothing but their reserved label, and that the input has objects or addresses for."""


def read_endpoints(item: Field, reading: Reading) -> Sequence[Match] | None:
    """The endpoints that a selector in a rule means; None, with findings, where it is refused."""
    if not item.is_mapping(code=UNKNOWN_PEER):
        return None
    expr = read_selector(item, read_label_key)
    if expr is None:
        return None
    reserved = [split_source(key)[1] for key in keys_of(item) if split_source(key)[0] == RESERVED]
    for name in reserved:
        if name not in ENTITIES:
            item.report(UNKNOWN_PEER, f"{item} selects reserved:{name}, which is no entity, and matches nothing.")
    narrowed = not reserved and not names_namespace(item)
    found = [] if narrowed else list(_without_labels(item, expr, reserved, reading))
    pods = of_pods(expr)
    if pods is not None:
        rest, cluster = _without_cluster(pods)
        own = item.raw.ref.namespace or None
        found.append(Match(pod_peer(rest, own if narrowed else None, item.origin), cluster))
    return found


def read_subject(selector: Field) -> PodPeer | bool | None:
    """The pods that a policy is for; False where it is for endpoints that no manifest has; None where it is refused.

    A policy of a namespace is for pods there, whatever its selector says of namespaces. What a selector asks of the
    cluster's name is taken to be met: who writes a policy into a cluster means that one.
    """
    expr = read_selector(selector, read_label_key)
    pods = None if expr is None else of_pods(expr)
    if pods is None:
        return None if expr is None else False
    namespace = selector.raw.ref.namespace or None
    parts = [part for part in _parts(pods) if not (isinstance(part, Requirement) and part.key == CLUSTER_KEY)]
    if namespace is None:
        return pod_peer(AllOf(tuple(parts)), None, selector.origin)
    asked = [part for part in parts if isinstance(part, Requirement) and part.key == derived.NAMESPACE]
    unmet = [part for part in asked if not part.matches({derived.NAMESPACE: namespace})]
    if unmet:
        # The agent puts its own namespace in place of one under k8s:, and adds it to one under any other source.
        ignored = selector.value.get("matchLabels", {}).get(f"k8s:{NAMESPACE_KEY}") is not None
        then = "Cilium reads the policy's own namespace instead" if ignored else "the policy selects no pod"
        what = f"{selector} asks for another namespace than {namespace}, the policy's own: {then}."
        selector.report(BAD_SELECTOR, what, hint="A CiliumClusterwideNetworkPolicy can be for any namespace.")
        if not ignored:
            return False
    return PodPeer(namespace, EVERYTHING, AllOf(tuple(p for p in parts if p not in asked)), selector.origin)


def of_pods(expr: LabelExpr) -> LabelExpr | None:
    """What a selector asks of pods, which have no label of another source than k8s; None where it matches none."""
    kept: list[LabelExpr] = []
    for part in _parts(expr):
        if not isinstance(part, Requirement) or not _is_foreign(part.key):
            kept.append(part)
        elif part.operator not in _NEGATIVE:
            return None
    return AllOf(tuple(kept))


def _is_foreign(key: str) -> bool:
    """True for a key with a source that no pod's labels have; derived keys have none."""
    return derived.is_derived(key) and not key.startswith((":", derived.NAMESPACE_LABEL, derived.SERVICE_ACCOUNT_LABEL))


def _parts(expr: LabelExpr) -> tuple[LabelExpr, ...]:
    return expr.parts if isinstance(expr, AllOf) else (expr,)


def _without_labels(item: Field, expr: LabelExpr, reserved: Sequence[str], reading: Reading) -> Iterator[Match]:
    """The entities among what a selector matches that is not narrowed to a namespace."""
    named = [name for name in reserved if name in ENTITIES and name not in _WITHOUT_LABELS]
    matched = [n for n in dict.fromkeys((*_WITHOUT_LABELS, *named)) if expr.matches({f"{RESERVED}:{n}": ""})]
    if _NODES.issubset(matched):
        # Whose node it is makes no difference then, and is not asked for each pod.
        yield Match(NodePeer(origin=item.origin))
        matched = [name for name in matched if name not in _NODES]
    for name in matched:
        yield entity(name, item, reading)


def _without_cluster(expr: LabelExpr) -> tuple[LabelExpr, Condition | None]:
    """A selector without what it asks of the cluster's name, which no manifest tells, and that as a condition."""
    asked = [part for part in _parts(expr) if isinstance(part, Requirement) and part.key == CLUSTER_KEY]
    if not asked:
        return expr, None
    rest = AllOf(tuple(part for part in _parts(expr) if part not in asked))
    return rest, Condition(f"this cluster's name is as {' and '.join(map(str, asked))} asks")
