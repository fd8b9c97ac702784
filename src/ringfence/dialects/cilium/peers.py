"""The peers of a Cilium rule: at most one kind of them in a rule.

Source: Cilium documentation, "Layer 3 policies" and "Using Kubernetes constructs in policy"; the rules by which the
agent refuses a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringfence.dialects.cilium.addresses import read_range, read_range_set
from ringfence.dialects.cilium.entities import ENTITIES, entity, read_entity
from ringfence.dialects.cilium.labels import (
    CLUSTER_KEY,
    RESERVED,
    keys_of,
    names_namespace,
    read_label_key,
    split_source,
)
from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.cilium.names import read_name
from ringfence.dialects.cilium.services import read_service
from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.dialects.selectors import read_selector
from ringfence.model.codes import UNKNOWN_PEER
from ringfence.model.labels import AllOf, LabelExpr, Requirement
from ringfence.model.policy import AllPeers, Condition, Direction, NodePeer, NotPeer, Peer, PodPeer

EVERYONE = AllPeers(())
_PREFIX = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_KINDS = {
    Direction.INGRESS: ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups"),
    Direction.EGRESS: ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups", "Services", "FQDNs"),
}


def peer_fields(direction: Direction) -> tuple[str, ...]:
    """The fields of a rule that hold peers, those of older versions included."""
    return tuple(_PREFIX[direction] + kind for kind in (*_KINDS[direction], "Requires"))


def read_matches(rule: Field, direction: Direction, reading: Reading) -> tuple[Match, ...] | None:
    """The peers of a rule: none for an empty list, and everyone for a rule that has no list of peers, but ports.

    Returns None, with findings, where the rule is refused.
    """
    names = [_PREFIX[direction] + kind for kind in _KINDS[direction]]
    present = rule.present(names)
    filled = [name for name in present if rule.value[name]]
    if len(filled) > 1:
        rule.report(
            UNKNOWN_PEER,
            f"{rule} has both {filled[0]} and {filled[1]}.",
            why="Cilium refuses a policy that combines two kinds of peers in one rule.",
            hint="Make them two rules.",
        )
        return None
    if not present:
        # A rule of ports alone is for everyone; an empty rule is for nobody, and only isolates.
        return (Match(EVERYONE),) if rule.present(("toPorts", "icmps")) else ()
    found: list[Match] = []
    for name in present:
        field = rule.get(name)
        items = field.items() if field is not None else ()
        if items is None:
            return None
        for item in items:
            read = _READERS[name.removeprefix(_PREFIX[direction])](item, reading)
            if read is None:
                return None
            found.extend(read)
    return tuple(found)


def read_requirements(rule: Field, direction: Direction) -> tuple[Peer, ...] | None:
    """Who doesn't meet ``fromRequires`` or ``toRequires``, which older versions have: pods that lack the labels."""
    field = rule.get(_PREFIX[direction] + "Requires")
    lacking: list[Peer] = []
    for item in (field.items() if field is not None else ()) or ():
        expr = read_selector(item, read_label_key)
        if expr is None:
            return None
        has = pod_peer(expr, None, item.origin)
        lacking.append(AllPeers((PodPeer(origin=item.origin), NotPeer(has)), item.origin))
    return tuple(lacking)


def read_endpoints(item: Field, reading: Reading) -> Sequence[Match] | None:
    """The endpoints that a selector in a rule means; in a namespaced policy, those of its namespace by default."""
    if not item.is_mapping(code=UNKNOWN_PEER):
        return None
    reserved = [split_source(key)[1] for key in keys_of(item) if split_source(key)[0] == RESERVED]
    if reserved:
        return _reserved(item, reserved, reading)
    expr = read_selector(item, read_label_key)
    if expr is None:
        return None
    rest, cluster = _without_cluster(expr)
    own = item.raw.ref.namespace or None
    peer = pod_peer(rest, None if names_namespace(item) else own, item.origin)
    return [Match(peer, cluster)]


def _reserved(item: Field, names: list[str], reading: Reading) -> Sequence[Match] | None:
    """A selector of ``reserved:`` labels: an entity by another name. No endpoint of the input has two of them."""
    unknown = [name for name in names if name not in ENTITIES]
    if unknown:
        item.report(UNKNOWN_PEER, f"{item} selects reserved:{unknown[0]}, which is no entity.")
        return None
    if len(names) > 1:
        return []
    return [entity(names[0], item, reading)]


def _without_cluster(expr: LabelExpr) -> tuple[LabelExpr, Condition | None]:
    """A selector without what it asks of the cluster's name, which no manifest tells, and that as a condition."""
    parts = expr.parts if isinstance(expr, AllOf) else (expr,)
    asked = [part for part in parts if isinstance(part, Requirement) and part.key == CLUSTER_KEY]
    if not asked:
        return expr, None
    rest = AllOf(tuple(part for part in parts if part not in asked))
    return rest, Condition(f"this cluster's name is as {' and '.join(map(str, asked))} asks")


def _read_nodes(item: Field, reading: Reading) -> Sequence[Match] | None:  # noqa: ARG001 -- one signature for all kinds
    nodes = read_selector(item, read_label_key)
    condition = Condition("the agent runs with enable-node-selector-labels")
    return None if nodes is None else [Match(NodePeer(nodes, item.origin), condition)]


def _read_group(item: Field, reading: Reading) -> Sequence[Match] | None:  # noqa: ARG001 -- one signature for all kinds
    if not item.is_mapping(code=UNKNOWN_PEER):
        return None
    outside = NotPeer(PodPeer(origin=item.origin), item.origin)
    return [Match(outside, Condition("the address is one of the cloud provider's group, which the input doesn't tell"))]


def _read_range(item: Field, reading: Reading) -> Sequence[Match] | None:  # noqa: ARG001 -- one signature for all kinds
    match = read_range(item)
    return None if match is None else [match]


def _read_range_set(item: Field, reading: Reading) -> Sequence[Match] | None:
    match = read_range_set(item, reading)
    return None if match is None else [match]


def _read_entity(item: Field, reading: Reading) -> Sequence[Match] | None:
    match = read_entity(item, reading)
    return None if match is None else [match]


def _read_name(item: Field, reading: Reading) -> Sequence[Match] | None:  # noqa: ARG001 -- one signature for all kinds
    return read_name(item)


_READERS: dict[str, Callable[[Field, Reading], Sequence[Match] | None]] = {
    "Endpoints": read_endpoints,
    "CIDR": _read_range,
    "CIDRSet": _read_range_set,
    "Entities": _read_entity,
    "Nodes": _read_nodes,
    "Groups": _read_group,
    "Services": read_service,
    "FQDNs": _read_name,
}
