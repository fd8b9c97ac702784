"""The peers of a Cilium rule: at most one kind of them in a rule.

Source: Cilium documentation, "Layer 3 policies" and "Using Kubernetes constructs in policy"; the rules by which the
agent refuses a policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ringfence.dialects.cilium.addresses import read_range, read_range_set
from ringfence.dialects.cilium.endpoints import of_pods, read_endpoints
from ringfence.dialects.cilium.entities import read_entity
from ringfence.dialects.cilium.labels import names_namespace, read_label_key
from ringfence.dialects.cilium.matches import Match
from ringfence.dialects.cilium.names import read_name
from ringfence.dialects.cilium.services import read_service
from ringfence.dialects.derived_peers import pod_peer
from ringfence.dialects.fields import Field
from ringfence.dialects.reading import Reading
from ringfence.dialects.selectors import read_selector
from ringfence.model.codes import UNKNOWN_FIELD, UNKNOWN_PEER
from ringfence.model.policy import AllPeers, AnyPeer, Condition, Direction, NodePeer, NotPeer, Peer, PodPeer

EVERYONE = AllPeers(())
_PREFIX = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_KINDS = {
    Direction.INGRESS: ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups"),
    Direction.EGRESS: ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups", "Services", "FQDNs"),
}


def peer_fields(direction: Direction, *, deny: bool) -> tuple[str, ...]:
    """The fields of a rule that hold peers, those of older versions included; names can't be denied."""
    kinds = (*_KINDS[direction], "Requires")
    return tuple(_PREFIX[direction] + kind for kind in kinds if not (deny and kind == "FQDNs"))


def read_matches(rule: Field, direction: Direction, reading: Reading, *, deny: bool) -> tuple[Match, ...] | None:
    """The peers of a rule: none for an empty list, and everyone for a rule that has no list of peers, but ports.

    Returns None, with findings, where the rule is refused.
    """
    names = [name for name in peer_fields(direction, deny=deny) if not name.endswith("Requires")]
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
        return (Match(EVERYONE),) if any(rule.value.get(name) for name in ("toPorts", "icmps")) else ()
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


def read_requirements(rule: Field, direction: Direction) -> tuple[Match, ...] | None:
    """Who doesn't meet ``fromRequires`` or ``toRequires``, which versions before 1.19 have.

    Pods must have the labels, whatever else allows them. Of other peers the documentation says the same; the agent
    looks only at rules for endpoints.
    """
    name = _PREFIX[direction] + "Requires"
    field = rule.get(name)
    if field is None:
        return ()
    why = "Later versions ignore the field, and what it asks for is asked no more."
    field.report(
        UNKNOWN_FIELD, f"{field} was removed in Cilium 1.19.", why=why, hint="Ask for the labels in each rule."
    )
    lacking: list[Match] = []
    for item in field.items() or ():
        expr = read_selector(item, read_label_key)
        if expr is None:
            return None
        pods = of_pods(expr)
        own = None if names_namespace(item) else item.raw.ref.namespace or None
        has: Peer = AnyPeer((), item.origin) if pods is None else pod_peer(pods, own, item.origin)
        anyone = PodPeer(origin=item.origin)
        lacking.append(Match(AllPeers((anyone, NotPeer(has, item.origin)), item.origin)))
        older = Condition(f"the agent holds {name} against peers that are no pods")
        lacking.append(Match(NotPeer(anyone, item.origin), older))
    return tuple(lacking)


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
