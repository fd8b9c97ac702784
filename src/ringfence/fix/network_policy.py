"""Steps for a connection that NetworkPolicies deny: correct or widen a rule, add one, or add a policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ringfence.engine.match import pod_matches
from ringfence.explain.causes import object_name as named, resolves, service_meant
from ringfence.explain.cilium import is_cilium
from ringfence.explain.nearest import NearRule, closest
from ringfence.explain.slips import is_slip, is_specific, may_have_changed, pod_miss
from ringfence.fix import cilium
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.entries import splitting
from ringfence.fix.labels import namespace_label_step, pod_label_step
from ringfence.fix.named import by_cilium
from ringfence.fix.selectors import corrected, last_first, relaxed
from ringfence.fix.shapes import (
    NETWORK_POLICY,
    Body,
    exact_labels,
    match_labels,
    network_policy_peers,
    network_policy_ports,
    object_name,
    path_of,
    peer_list,
    value_at,
)
from ringfence.fix.subjects import subject_steps
from ringfence.model.addresses import AddressSet
from ringfence.model.labels import Requirement
from ringfence.model.objects import NAMESPACE_NAME_LABEL, Pod, RawObject
from ringfence.model.origin import ObjectRef
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import AddressPeer, Direction, PodPeer, Policy
from ringfence.model.ports import NamedPort, PortMatch, PortRange, Protocol
from ringfence.model.verdict import RuleTrace

_DNS = 53
_WHY_FIRST = (
    "This way is first although others open less: the rule is for DNS and names the Service's port, so it is wrong for "
    "every pod that it guards."
)
_NAME_FIRST = (
    "This way is first although others open less: no namespace of the input has the name that the rule asks for, so "
    "the rule allows nothing as it stands."
)
_BY_NAME = "FQDNNetworkPolicy"
"""A policy of GKE that stands among the NetworkPolicies."""

_NEAREST = 6
_POLICIES = 3

API_VERSION = "networking.k8s.io/v1"


def steps(case: Case) -> Iterator[Step]:
    """Steps for a denial by the NetworkPolicy stage."""
    if by_cilium(case):
        yield from cilium.named_steps(case)
        return
    yield from corrections(case)
    yield from _rule_steps(case)
    yield from cilium.policy_steps(case) if cilium.guards(case) else new_policy(case)


def corrections(case: Case) -> Iterator[Step]:
    """Steps that change the rules, or the subjects, of policies that nearly allow it."""
    for near in closest(case.verdict, _NEAREST):
        if is_cilium(near.trace.policy.ref):
            yield from cilium.corrections(case, near)
        elif near.trace.policy.ref.kind == _BY_NAME:
            continue  # it takes no peers of another kind
        elif near.trace.peer_matches:
            yield from _port_steps(case, near.trace)
        elif near.trace.port_matches:
            yield from _peer_steps(case, near)
    yield from subject_steps(case)


# ---- ports ---------------------------------------------------------------------------------------------------------


def _port_steps(case: Case, trace: RuleTrace) -> Iterator[Step]:
    raw = case.world.raw(trace.policy.ref)
    if raw is None:
        return
    for entry in trace.rule.ports or ():
        path = path_of(entry.origin)
        body = value_at(raw.body, path)
        if not isinstance(body, dict) or len(case.ports) != 1:
            continue
        protocol, number = case.ports[0]
        if _mistaken(case, entry, protocol, number):
            yield _correct_port(case, trace, path, body, protocol, number)
    ports = value_at(raw.body, (*path_of(trace.rule.origin), "ports"))
    if isinstance(ports, list):
        base = (*path_of(trace.rule.origin), "ports")
        title = f"Allow {ports_text(case.written)} too in {rule_name(trace)}"
        yield _extending(case, trace, raw, base, network_policy_ports(case.written), title)


def _mistaken(case: Case, entry: PortMatch, protocol: Protocol, number: int) -> bool:
    """True where an entry can only be a slip: a name nobody has, a Service's port, the right number for TCP or UDP."""
    destinations = case.peers if case.direction is Direction.EGRESS else case.subjects
    if isinstance(entry, NamedPort):
        return not any(resolves(entry, end) for end in destinations)
    if not isinstance(entry, PortRange) or entry.lo != entry.hi:
        return False
    if entry.protocol != protocol:
        return entry.lo == number
    services = case.world.base.snapshot.services
    return all(service_meant(entry, end, (protocol, number), services) for end in destinations)


def _correct_port(case: Case, trace: RuleTrace, path: Path, body: Body, protocol: Protocol, number: int) -> Step:
    edits = _port_edits(path, body, protocol, number)
    before, after = f"{body.get('protocol', 'TCP')} {body.get('port')}", f"{protocol} {number}"
    dns = body.get("port") == _DNS and number != _DNS and body.get("protocol", "TCP") == str(protocol)
    for other, beside in case.also if dns else ():
        for entry in trace.rule.ports or ():
            if isinstance(entry, PortRange) and (entry.protocol, entry.lo, entry.hi) == (other, _DNS, _DNS):
                edits += _port_edits(path_of(entry.origin), {"protocol": str(other), "port": _DNS}, other, beside)
                before, after = f"{before} and {other} {_DNS}", f"{after} and {other} {beside}"
    title = f"Correct {before} to {after}, the pods' port, in {rule_name(trace)}"
    patch = Patch(title, trace.policy.ref, tuple(edits), origin=trace.rule.origin)
    peers = trace.rule.peers or ()
    # A rule for others, too, may be right for them: only one that names the DNS pods alone is surely mistaken.
    first = dns and len(peers) == 1 and all(isinstance(peer, PodPeer) and is_specific(peer) for peer in peers)
    notes = (_WHY_FIRST,) if first else ()
    return Step(StepKind.CORRECT_PORT, case.direction, (patch,), notes, first=first)


def _port_edits(path: Path, body: Body, protocol: Protocol, number: int) -> list[Edit]:
    edits = []
    if body.get("port") != number:
        edits.append(Edit(EditOp.REPLACE if "port" in body else EditOp.ADD, (*path, "port"), number))
    if body.get("protocol", "TCP") != str(protocol):
        edits.append(Edit(EditOp.REPLACE if "protocol" in body else EditOp.ADD, (*path, "protocol"), str(protocol)))
    if "endPort" in body:
        edits.append(Edit(EditOp.REMOVE, (*path, "endPort")))
    return edits


# ---- peers ---------------------------------------------------------------------------------------------------------


def _peer_steps(case: Case, near: NearRule) -> Iterator[Step]:
    trace = near.trace
    raw = case.world.raw(trace.policy.ref)
    if raw is None:
        return
    for miss in near.peer_misses:
        path = path_of(miss.peer.origin)
        if isinstance(miss.peer, PodPeer):
            yield from _selector_steps(case, trace, miss.peer, path, raw.body)
            yield from splitting(case, trace, miss.peer)
        elif isinstance(miss.peer, AddressPeer):
            yield from _exception_step(case, trace, miss.peer, path, raw.body)
    base = (*path_of(trace.rule.origin), peer_list(case.direction))
    present = value_at(raw.body, base)
    peers = network_policy_peers(case.peers, trace.policy.ref.namespace, case.world)
    if isinstance(present, list) and peers:
        title = f"Add {case.peer_name} to the peers of {rule_name(trace)}"
        yield _extending(case, trace, raw, base, peers, title)


def _selector_steps(case: Case, trace: RuleTrace, peer: PodPeer, path: Path, body: Any) -> Iterator[Step]:
    facts = case.world.engine.facts
    pods = [end for end in case.peers if isinstance(end, Pod)]
    misses = [(pod, pod_miss(peer, pod, facts)) for pod in pods]
    if pods and all(miss is not None and may_have_changed(miss, pod, facts) for pod, miss in misses):
        yield from _renamed_back(case, [(pod, miss.namespace) for pod, miss in misses if miss is not None])
    failing = [(pod, miss) for pod, miss in misses if miss is None or miss.count]
    if len(pods) != len(case.peers) or not all(miss and is_slip(miss, pod, facts) for pod, miss in failing):
        return
    lacking = [(pod, miss) for pod, miss in failing if miss is not None]
    pod_level = tuple(dict.fromkeys(one for _, miss in lacking for one in miss.pod))
    space_level = tuple(dict.fromkeys(one for _, miss in lacking for one in miss.namespace))
    if any(miss.elsewhere for _, miss in lacking):
        return
    homes = {pod.namespace for pod, _ in lacking}
    if not pod_level and len(homes) == 1 and [one.key for one in space_level] == [NAMESPACE_NAME_LABEL]:
        yield from _name_corrected(case, trace, peer, (*path, "namespaceSelector"), body, space_level[0], *homes)
        return
    edits: list[Edit] = []
    for selector, asked in (("podSelector", pod_level), ("namespaceSelector", space_level)):
        edits += [edit for one in asked for edit in relaxed(one, (*path, selector), value_at(body, (*path, selector)))]
    asked_for = " and ".join(f"`{one}`" for one in (*pod_level, *space_level))
    if edits:
        title = f"Don't ask for {asked_for} in {rule_name(trace)}"
        patch = Patch(title, trace.policy.ref, last_first(edits), origin=peer.origin)
        yield _step(StepKind.RELAX_SELECTOR, case, patch)
    if pod_level and not space_level:
        step = pod_label_step([pod for pod, _ in lacking], pod_level, case.direction, case.world)
        if step is not None:
            yield step
    if space_level and not pod_level:
        spaces = tuple(dict.fromkeys(pod.namespace for pod, _ in lacking))
        step = namespace_label_step(spaces, space_level, case.direction, case.world)
        if step is not None:
            yield step


def _name_corrected(
    case: Case, trace: RuleTrace, peer: PodPeer, path: Path, body: Any, asked: Requirement, home: str
) -> Iterator[Step]:
    """The namespace that the pods are in, where the rule names one that isn't there."""
    edits = tuple(corrected(asked, asked.key, home, path, value_at(body, path)))
    if edits:
        title = f"Correct `{asked}` to `{asked.key}={home}` in {rule_name(trace)}"
        patch = Patch(title, trace.policy.ref, edits, origin=peer.origin)
        yield Step(StepKind.CORRECT_SELECTOR, case.direction, (patch,), (_NAME_FIRST,), first=True)


def _renamed_back(case: Case, misses: list[tuple[Pod, tuple[Requirement, ...]]]) -> Iterator[Step]:
    """The namespace's label as the rule asks for it, where it has another value."""
    asked = tuple(dict.fromkeys(one for _, failed in misses for one in failed))
    spaces = tuple(dict.fromkeys(pod.namespace for pod, _ in misses))
    if len(spaces) == len(asked) == 1:
        step = namespace_label_step(spaces, asked, case.direction, case.world, change=True)
        if step is not None:
            yield step


def _exception_step(case: Case, trace: RuleTrace, peer: AddressPeer, path: Path, body: Any) -> Iterator[Step]:
    """Drop the exceptions that hold the addresses."""
    exceptions = value_at(body, (*path, "except"))
    addresses = [a for end in case.peers for a in (end.addresses if isinstance(end, Pod) else (end.address,))]
    if not isinstance(exceptions, list) or peer.outer is None or not any(a in peer.outer for a in addresses):
        return
    edits = []
    for number, text in enumerate(exceptions):
        hole = AddressSet.cidr(text) if isinstance(text, str) else None
        if hole is not None and any(address in hole for address in addresses):
            edits.append(Edit(EditOp.REMOVE, (*path, "except", number)))
    if edits:
        title = f"Drop the exception for {case.peer_name} from {rule_name(trace)}"
        patch = Patch(title, trace.policy.ref, last_first(edits), origin=peer.origin)
        yield _step(StepKind.RELAX_SELECTOR, case, patch)


# ---- both ----------------------------------------------------------------------------------------------------------


def _extending(case: Case, trace: RuleTrace, raw: RawObject, base: Path, entries: Sequence[Body], title: str) -> Step:
    """More entries in a list of a rule, in the place of those that are invalid: beside them, all would be refused."""
    present = value_at(raw.body, base)
    wrong: dict[int, str] = {}
    for finding in case.world.errors(raw):
        path = path_of(finding.origin)
        if path[: len(base)] == base and len(path) > len(base) and isinstance(path[len(base)], int):
            value = value_at(raw.body, path)
            text = f" `{value}`" if isinstance(value, str | int) else ""
            wrong.setdefault(int(path[len(base)]), text)
    edits = [Edit(EditOp.REMOVE, (*base, index)) for index in sorted(wrong, reverse=True)]
    first = min(wrong, default=len(present))
    edits += [Edit(EditOp.ADD, (*base, first + n), entry) for n, entry in enumerate(entries)]
    notes: tuple[str, ...] = ()
    if wrong:
        gone = " and ".join(f"the invalid entry{text}" for text in wrong.values())
        title = f"{title}, in the place of {gone}"
        notes = (f"If {gone} was meant for more than {case.peer_name}, write what was meant instead.",)
    patch = Patch(title, trace.policy.ref, tuple(edits), origin=trace.rule.origin)
    return Step(StepKind.EXTEND_RULE, case.direction, (patch,), notes)


# ---- rules and policies --------------------------------------------------------------------------------------------


def _rule_steps(case: Case) -> Iterator[Step]:
    isolating = [policy for policy in case.verdict.stages[-1].selecting if case.direction in policy.isolates]
    for policy in sorted(isolating, key=lambda each: _breadth(case, each))[:_POLICIES]:
        if is_cilium(policy.ref):
            yield from cilium.rule_steps(case, policy, _breadth(case, policy))
            continue
        raw = case.world.raw(policy.ref) if policy.ref.kind != _BY_NAME else None
        rule = _rule(case, policy.ref.namespace)
        if raw is None or rule is None:
            continue
        side = str(case.direction)
        present = value_at(raw.body, ("spec", side))
        if isinstance(present, list) and present:
            edit = Edit(EditOp.ADD, ("spec", side, len(present)), rule)
        else:
            edit = Edit(EditOp.ADD, ("spec", side), [rule])
        title = f"Add a rule for {case.peer_name} on {ports_text(case.written)} to {named(policy.ref)}"
        patch = Patch(title, policy.ref, (edit,), origin=policy.origin)
        yield _step(StepKind.ADD_RULE, case, patch, _breadth(case, policy))


def _rule(case: Case, namespace: str) -> Body | None:
    peers = network_policy_peers(case.peers, namespace, case.world)
    if not peers:
        return None
    return {peer_list(case.direction): peers, "ports": network_policy_ports(case.written)}


def new_policy(case: Case) -> Iterator[Step]:
    """A policy of its own, for just the guarded pods and just this connection."""
    pods = [end for end in case.subjects if isinstance(end, Pod) and not end.host_network]
    spaces = {pod.namespace for pod in pods}
    if len(spaces) != 1 or len(pods) != len(case.subjects):
        return
    namespace = spaces.pop()
    rule = _rule(case, namespace)
    if rule is None:
        return
    name = object_name("allow", case.source, case.destination, case.world.policy_names(namespace))
    side = str(case.direction)
    body = {
        "apiVersion": API_VERSION,
        "kind": NETWORK_POLICY,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "podSelector": match_labels(exact_labels(pods, case.world)),
            "policyTypes": [side.capitalize()],
            side: [rule],
        },
    }
    ref = ObjectRef(NETWORK_POLICY, name, namespace, API_VERSION)
    title = f"Add NetworkPolicy {namespace}/{name}: {side} {_way(case)} {case.peer_name} on {ports_text(case.written)}"
    yield _step(StepKind.NEW_POLICY, case, Patch(title, ref, manifest=body))


def _way(case: Case) -> str:
    return peer_list(case.direction)


def _step(kind: StepKind, case: Case, patch: Patch, breadth: int = 0) -> Step:
    return Step(kind, case.direction, (patch,), breadth=breadth)


def _breadth(case: Case, policy: Policy) -> int:
    """How many other pods a policy guards: a rule added there is for them, too, as soon as something else allows it."""
    meant = {id(end) for end in case.subjects}
    facts = case.world.engine.facts
    pods = case.world.pods_in(policy.ref.namespace)
    return sum(id(pod) not in meant and pod_matches(policy.subject, pod, facts) for pod in pods)
