"""NetworkPolicy ``networking.k8s.io/v1``.

Source: NetworkPolicySpec in the Kubernetes API reference, its defaulting and validation in the API server, and the
sig-network end-to-end tables. A part that the API server would refuse matches nothing: rules only ever allow, so that
is the safe reading.
"""

from __future__ import annotations

from ringfence.dialects.fields import Field, describe, spec_of
from ringfence.dialects.reading import NETWORK_POLICY, Reading, ReadPolicy
from ringfence.dialects.scalars import read_cidr, read_port_name, read_port_number, read_protocol
from ringfence.dialects.selectors import read_selector
from ringfence.model.addresses import AddressSet
from ringfence.model.codes import (
    BAD_CIDR,
    BAD_FIELD,
    BAD_PORT,
    EMPTY_EGRESS_IGNORED,
    EXCEPT_OUTSIDE,
    POD_SELECTOR_MISSING,
    UNKNOWN_PEER,
)
from ringfence.model.labels import EVERYTHING
from ringfence.model.objects import RawObject
from ringfence.model.policy import Action, AddressPeer, Direction, Peer, PodPeer, Policy, Rule
from ringfence.model.ports import MAX_PORT, NamedPort, PortMatch, PortRange

CNIS_WITHOUT_POD_CIDR = frozenset({"cilium"})
"""CNIs that match neither the pods they manage nor nodes by address (Cilium's "Layer 3 policies", CIDR based)."""

_TYPES = {"Ingress": Direction.INGRESS, "Egress": Direction.EGRESS}
_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


def read_network_policy(raw: RawObject, reading: Reading) -> tuple[ReadPolicy, ...] | None:
    """Read one NetworkPolicy; None where its pod selector is invalid, so that nobody knows whom it selects."""
    spec = spec_of(raw, reading.findings)
    if not spec.is_mapping():
        return None
    spec.report_unknown(("podSelector", "policyTypes", "ingress", "egress"))
    selector = spec.get("podSelector")
    if selector is None:
        spec.report(
            POD_SELECTOR_MISSING,
            f"{raw.ref} has no podSelector, so it selects every pod of its namespace.",
            hint="Write podSelector: {} where that is meant.",
        )
    pods = read_selector(selector)
    if pods is None:
        return None
    isolates = _read_directions(spec)
    rules = {direction: _read_rules(spec, direction, reading.cni) for direction in Direction}
    subject = PodPeer(raw.ref.namespace, EVERYTHING, pods, (selector or spec).origin)
    policy = Policy(
        raw.ref,
        subject,
        isolates,
        # Rules of a direction that policyTypes doesn't name have no effect, also beside other policies.
        egress=rules[Direction.EGRESS] if Direction.EGRESS in isolates else (),
        ingress=rules[Direction.INGRESS] if Direction.INGRESS in isolates else (),
        order=(0.0, raw.ref.name),
        origin=raw.origin(),
    )
    return (ReadPolicy(NETWORK_POLICY, policy),)


def _read_directions(spec: Field) -> frozenset[Direction]:
    """``policyTypes``, or its default: Ingress, and Egress where there is an egress rule."""
    types, egress = spec.get("policyTypes"), spec.get("egress")
    named = set()
    items = (types.items() if types is not None else None) or ()
    for item in items:
        direction = _TYPES.get(item.value) if isinstance(item.value, str) else None
        if direction is not None:
            named.add(direction)
            continue
        right = str(item.value).capitalize()
        hint = f"Write {right}." if right in _TYPES else "Known: Ingress, Egress."
        item.report(BAD_FIELD, f"{item} is {describe(item.value)}, which is no policy type.", hint=hint)
    if items:
        return frozenset(named)
    if egress is not None and not egress.value:
        egress.report(
            EMPTY_EGRESS_IGNORED,
            f"{egress} is empty and policyTypes is left out, so egress is not isolated.",
            why="An empty list counts as absent on the wire; only policyTypes can say that egress is denied.",
            hint="Add policyTypes: [Ingress, Egress] to deny egress.",
        )
    return frozenset(Direction) if egress is not None and egress.value else frozenset({Direction.INGRESS})


def _read_rules(spec: Field, direction: Direction, cni: str) -> tuple[Rule, ...]:
    rules = spec.get(direction.value)
    items = rules.items() if rules is not None else ()
    return tuple(rule for item in items or () if (rule := _read_rule(item, direction, cni)) is not None)


def _read_rule(rule: Field, direction: Direction, cni: str) -> Rule | None:
    if not rule.is_mapping():
        return None
    rule.report_unknown((_PEERS[direction], "ports"))
    return Rule(
        Action.ALLOW,
        _read_peers(rule.get(_PEERS[direction]), rule.raw.ref.namespace, cni),
        _read_ports(rule.get("ports")),
        origin=rule.origin,
    )


def _read_peers(field: Field | None, namespace: str, cni: str) -> tuple[Peer, ...] | None:
    """Absent and empty mean everything; a value that is no list matches nothing."""
    if field is None:
        return None
    items = field.items()
    if items is None:
        return ()
    if not items:
        return None
    return tuple(peer for item in items if (peer := _read_peer(item, namespace, cni)) is not None)


def _read_peer(peer: Field, namespace: str, cni: str) -> Peer | None:
    if not peer.is_mapping(code=UNKNOWN_PEER):
        return None
    peer.report_unknown(("podSelector", "namespaceSelector", "ipBlock"))
    pods, namespaces, block = peer.get("podSelector"), peer.get("namespaceSelector"), peer.get("ipBlock")
    if block is not None:
        if pods is not None or namespaces is not None:
            peer.report(
                UNKNOWN_PEER,
                f"{peer} has both an ipBlock and a selector, and matches nothing.",
                hint="Make them two entries, each with its own dash.",
            )
            return None
        return _read_block(block, cni)
    if pods is None and namespaces is None:
        peer.report(
            UNKNOWN_PEER,
            f"{peer} has none of podSelector, namespaceSelector and ipBlock, and matches nothing.",
            hint="For every pod of every namespace write namespaceSelector: {}.",
        )
        return None
    pod_labels, namespace_labels = read_selector(pods), read_selector(namespaces)
    if pod_labels is None or namespace_labels is None:
        return None
    return PodPeer(namespace if namespaces is None else None, namespace_labels, pod_labels, peer.origin)


def _read_block(block: Field, cni: str) -> AddressPeer | None:
    """An ``ipBlock``. One with an exception that can't be read matches nothing: it would allow too much."""
    if not block.is_mapping(code=BAD_CIDR):
        return None
    block.report_unknown(("cidr", "except"))
    cidr, exceptions = block.get("cidr"), block.get("except")
    if cidr is None:
        block.report(BAD_CIDR, f"{block} has no cidr, and matches nothing.")
        return None
    addresses = read_cidr(cidr)
    items = exceptions.items() if exceptions is not None else ()
    if addresses is None or items is None:
        return None
    rest, text = addresses, str(cidr.value)
    for number, item in enumerate(items):
        hole = read_cidr(item)
        if hole is None:
            return None
        _check_exception(item, hole, addresses, str(cidr.value))
        rest -= hole
        text += f"{' except ' if not number else ', '}{item.value}"
    by_address = cni not in CNIS_WITHOUT_POD_CIDR
    return AddressPeer(rest, by_address, text, addresses, block.origin, nodes=by_address)


def _check_exception(item: Field, hole: AddressSet, addresses: AddressSet, cidr: str) -> None:
    if hole <= addresses and hole != addresses:
        return
    effect = "leaves nothing of it" if addresses <= hole else "takes nothing away"
    item.report(
        EXCEPT_OUTSIDE,
        f"{item} is {item.value}, which is not strictly inside {cidr} and {effect}.",
        why="The API server refuses it.",
    )


def _read_ports(field: Field | None) -> tuple[PortMatch, ...] | None:
    """Absent and empty mean every port of every protocol; a value that is no list matches nothing."""
    if field is None:
        return None
    items = field.items()
    if items is None:
        return ()
    if not items:
        return None
    return tuple(port for item in items if (port := _read_port(item)) is not None)


def _read_port(entry: Field) -> PortMatch | None:
    if not entry.is_mapping(code=BAD_PORT):
        return None
    entry.report_unknown(("protocol", "port", "endPort"))
    protocol, port, end = read_protocol(entry.get("protocol")), entry.get("port"), entry.get("endPort")
    if port is None and end is not None:
        end.report(BAD_PORT, f"{end} needs a numeric port, and there is none.")
        return None
    if port is None:
        return None if protocol is None else PortRange(protocol, origin=entry.origin)
    if isinstance(port.value, str):
        name = read_port_name(port)
        if end is not None:
            end.report(BAD_PORT, f"{end} needs a numeric port, and {port} is a name.")
            return None
        return None if name is None or protocol is None else NamedPort(name, protocol, entry.origin)
    lo = read_port_number(port)
    hi = lo if end is None else read_port_number(end)
    if lo is None or hi is None or protocol is None:
        return None
    if hi < lo:
        entry.report(BAD_PORT, f"{end} is {hi}, below port {lo}.", hint=f"A range ends at {lo} to {MAX_PORT}.")
        return None
    return PortRange(protocol, lo, hi, entry.origin)
