"""Steps for a connection that is allowed and shouldn't be: narrow or drop what allows it, or deny it before that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ringfence.explain.causes import object_name as named
from ringfence.explain.judge import direction_of
from ringfence.fix import calico, calico_shapes, cilium, istio
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.effects import Connection
from ringfence.fix.entries import merging
from ringfence.fix.isolating import everyone_but, isolating_policy, other_ports
from ringfence.fix.meant import meant_steps
from ringfence.fix.network_policy import API_VERSION
from ringfence.fix.search import Expand, Judged, cases_of
from ringfence.fix.shapes import (
    CLUSTER_NETWORK_POLICY,
    Body,
    exact_labels,
    groups_of,
    object_name,
    path_of,
    peer_list,
    tiered_peers,
    tiered_pods,
    tiered_ports,
    value_at,
)
from ringfence.fix.world import World
from ringfence.model.addresses import V4_MAX, format_address
from ringfence.model.objects import Pod
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import AddressPeer, Direction, PodPeer
from ringfence.model.ports import MAX_PORT, MIN_PORT, PortRange
from ringfence.model.verdict import Reason, RuleTrace

_TIER = "policy.networking.k8s.io/v1alpha2"
_OWNER = "A ClusterNetworkPolicy holds for the whole cluster, and only who may change it can apply this."
_ONLY_HERE = frozenset({Reason.SELF, Reason.SAME_NODE, Reason.NO_SUBJECT})


def closing(connection: Connection, source: str, destination: str, direction: Direction) -> Expand:
    """The next steps towards denying a connection in one direction: for what first allows it."""

    def expand(world: World) -> Iterator[Step]:
        for case in cases_of(world, connection, source, destination, direction, _open):
            yield from _steps(case)
            return

    def _open(world: World, direction: Direction) -> Iterator[Judged]:
        for pairs, verdict in connection.pairs(world, misses=True):
            side = direction_of(verdict, direction)
            if (verdict.allowed or verdict.conditional) and side.reason not in _ONLY_HERE:
                yield pairs, verdict, side

    return expand


def _steps(case: Case) -> Iterator[Step]:
    yield from meant_steps(case)
    if cilium.in_use(case):
        yield from cilium.denies(case)
    if istio.in_use(case):
        yield from istio.denies(case)
    deciding = case.verdict.deciding or case.verdict.conditional
    for trace in deciding[:1]:
        if trace.policy.ref.api_version == API_VERSION:
            for narrow in _NARROWING:
                yield from narrow(case, trace)
        if case.stage.startswith(calico.TIER) or calico_shapes.is_calico(trace.policy.ref):
            yield from calico.deny_before(case, trace)
        elif case.stage != "networkpolicy" and not istio.is_of_mesh(trace):
            yield from _deny_before(case, trace)
    if not deciding and not cilium.in_use(case):
        yield from isolating_policy(case)
        yield from calico.deny(case)
    yield from _cluster_deny(case)


# ---- a NetworkPolicy rule that allows it ---------------------------------------------------------------------------


def _remove_peer(case: Case, trace: RuleTrace) -> Iterator[Step]:
    raw, peer = case.world.raw(trace.policy.ref), trace.peer
    if raw is None or peer is None:
        return
    path = path_of(peer.origin)
    path = path[:-1] if path and path[-1] == "ipBlock" else path
    entries = value_at(raw.body, path[:-1])
    if isinstance(entries, list) and len(entries) > 1:
        title = f"Remove the peer {peer} from {rule_name(trace)}"
        yield _narrow(case, trace, title, Edit(EditOp.REMOVE, path))


def _exclude(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """Take the pods out of a pod selector, or the addresses out of a range."""
    raw, peer = case.world.raw(trace.policy.ref), trace.peer
    if raw is None or peer is None:
        return
    path = path_of(peer.origin)
    title = f"Leave {case.peer_name} out of {rule_name(trace)}"
    if isinstance(peer, PodPeer):
        pods = [end for end in case.peers if isinstance(end, Pod)]
        labels = exact_labels(pods, case.world) if pods and len({pod.namespace for pod in pods}) == 1 else {}
        if len(labels) != 1:
            return
        ((key, value),) = labels.items()
        selector = (*path, "podSelector", "matchExpressions")
        entry = {"key": key, "operator": "NotIn", "values": [value]}
        yield _narrow(case, trace, title, _appended(raw.body, selector, [entry]))
    elif isinstance(peer, AddressPeer):
        addresses = [a for end in case.peers for a in _fixed_addresses(end)]
        holes = [f"{format_address(a)}/{32 if a <= V4_MAX else 128}" for a in addresses if a in peer.addresses]
        if holes and path and path[-1] == "ipBlock":
            yield _narrow(case, trace, title, _appended(raw.body, (*path, "except"), holes))


def _fixed_addresses(end: object) -> tuple[int, ...]:
    """Addresses that last: a pod's own changes with every restart."""
    if isinstance(end, Pod):
        return end.addresses if end.host_network else ()
    return (end.address,) if hasattr(end, "address") else ()


def _remove_port(case: Case, trace: RuleTrace) -> Iterator[Step]:
    raw, port = case.world.raw(trace.policy.ref), trace.port
    base = (*path_of(trace.rule.origin), "ports")
    entries = value_at(raw.body, base) if raw is not None else None
    if raw is None or not isinstance(entries, list) or len(case.ports) != 1 or port is None:
        if raw is not None and trace.rule.ports is None and len(case.ports) == 1:
            title = f"Leave {ports_text(case.ports)} out of {rule_name(trace)}"
            yield _narrow(case, trace, title, Edit(EditOp.ADD, base, other_ports(*case.ports[0])))
        return
    path = path_of(port.origin)
    number = case.ports[0][1]
    if isinstance(port, PortRange) and port.lo < port.hi and (port.lo, port.hi) != (MIN_PORT, MAX_PORT):
        spans = [(lo, hi) for lo, hi in ((port.lo, number - 1), (number + 1, port.hi)) if lo <= hi]
        rest = [_span(str(port.protocol), lo, hi) for lo, hi in spans]
        edits = [Edit(EditOp.REPLACE, path, rest[0]), *(Edit(EditOp.ADD, (*base, len(entries)), e) for e in rest[1:])]
        title = f"Cut {ports_text(case.ports)} out of {port} in {rule_name(trace)}"
        yield _narrow(case, trace, title, *edits)
    elif len(entries) > 1:
        yield _narrow(case, trace, f"Remove {port} from {rule_name(trace)}", Edit(EditOp.REMOVE, path))


def _span(protocol: str, lo: int, hi: int) -> Body:
    return {"protocol": protocol, "port": lo} if lo == hi else {"protocol": protocol, "port": lo, "endPort": hi}


def _name_peers(case: Case, trace: RuleTrace) -> Iterator[Step]:
    """A rule for everybody: say who everybody else is."""
    if trace.rule.peers is not None or case.world.raw(trace.policy.ref) is None:
        return
    others = everyone_but(case)
    if others:
        path = (*path_of(trace.rule.origin), peer_list(case.direction))
        title = f"Leave {case.peer_name} out of {rule_name(trace)}, which is for everybody"
        yield _narrow(case, trace, title, Edit(EditOp.ADD, path, others))


def _remove_rule(case: Case, trace: RuleTrace) -> Iterator[Step]:
    raw = case.world.raw(trace.policy.ref)
    if raw is None:
        return
    path = path_of(trace.rule.origin)
    edits = [Edit(EditOp.REMOVE, path)]
    rules = value_at(raw.body, path[:-1])
    if not value_at(raw.body, ("spec", "policyTypes")) and case.direction is Direction.EGRESS and len(rules or ()) == 1:
        edits.append(Edit(EditOp.ADD, ("spec", "policyTypes"), ["Ingress", "Egress"]))
    title = f"Remove {rule_name(trace)}"
    patch = Patch(title, trace.policy.ref, tuple(edits), origin=trace.rule.origin)
    yield Step(StepKind.REMOVE_RULE, case.direction, (patch,))


_NARROWING: tuple[Callable[[Case, RuleTrace], Iterator[Step]], ...] = (
    merging,
    _remove_peer,
    _exclude,
    _remove_port,
    _name_peers,
    _remove_rule,
)


def _narrow(case: Case, trace: RuleTrace, title: str, *edits: Edit) -> Step:
    patch = Patch(title, trace.policy.ref, edits, origin=trace.rule.origin)
    return Step(StepKind.NARROW_RULE, case.direction, (patch,))


def _appended(body: Any, path: Path, values: list[Any]) -> Edit:
    """One more entry of a list, or the list where there is none."""
    present = value_at(body, path)
    if isinstance(present, list) and present:
        return Edit(EditOp.ADD, (*path, len(present)), values[0]) if len(values) == 1 else _whole(path, present, values)
    value: Any = values
    while value_at(body, path[:-1]) is None:  # JSON Patch makes no mappings on its way
        value, path = {path[-1]: value}, path[:-1]
    return Edit(EditOp.ADD, path, value)


def _whole(path: Path, present: list[Any], values: list[Any]) -> Edit:
    return Edit(EditOp.REPLACE, path, [*present, *values])


# ---- tiers ---------------------------------------------------------------------------------------------------------


def _deny_before(case: Case, trace: RuleTrace) -> Iterator[Step]:
    peers = tiered_peers(case.peers, case.direction, case.world)
    path = path_of(trace.rule.origin)
    if not peers or case.world.raw(trace.policy.ref) is None or not path:
        return
    field, ports = tiered_ports(trace.policy.ref, case.ports)
    rule = {"name": f"deny-{_short(case.source)}", "action": "Deny", peer_list(case.direction): peers, field: ports}
    title = f"Deny {case.peer_name} on {ports_text(case.ports)}, by a rule before {rule_name(trace)}"
    patch = Patch(title, trace.policy.ref, (Edit(EditOp.ADD, path, rule),), origin=trace.rule.origin)
    yield Step(StepKind.TIER_RULE, case.direction, (patch,), (f"{named(trace.policy.ref)} is cluster-scoped.",))


def _cluster_deny(case: Case) -> Iterator[Step]:
    """A ClusterNetworkPolicy of its own, where such are in use: the only exact deny."""
    inuse = [raw for ref, raw in case.world.base.raws.items() if ref.kind == CLUSTER_NETWORK_POLICY]
    pods = [end for end in case.subjects if isinstance(end, Pod)]
    peers = tiered_peers(case.peers, case.direction, case.world)
    groups = list(groups_of(pods, case.world))
    if not inuse or not peers or len(groups) != 1 or len(pods) != len(case.subjects):
        return
    priorities = [value_at(raw.body, ("spec", "priority")) for raw in inuse]
    lowest = min((each for each in priorities if isinstance(each, int)), default=1)
    if lowest <= 0:
        return
    name = object_name("deny", case.source, case.destination, case.world.policy_names(""))
    ref = ObjectRef(CLUSTER_NETWORK_POLICY, name, "", _TIER)
    field, ports = tiered_ports(ref, case.ports)
    body = {
        "apiVersion": _TIER,
        "kind": CLUSTER_NETWORK_POLICY,
        "metadata": {"name": name},
        "spec": {
            "tier": "Admin",
            "priority": lowest - 1,
            "subject": tiered_pods(*groups[0]),
            str(case.direction): [
                {
                    "name": f"deny-{_short(case.source)}",
                    "action": "Deny",
                    peer_list(case.direction): peers,
                    field: ports,
                }
            ],
        },
    }
    title = f"Add ClusterNetworkPolicy {name}: deny {case.direction} {peer_list(case.direction)} {case.peer_name}"
    yield Step(StepKind.TIER_RULE, case.direction, (Patch(title, ref, manifest=body),), (_OWNER,))


def _short(text: str) -> str:
    return text.rsplit("/", 1)[-1][:50]
