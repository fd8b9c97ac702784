"""Steps for what Cilium's policies decide: widen or add a rule, add a policy, take back or add a deny."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ringfence.explain.causes import object_name as named
from ringfence.explain.cilium import CILIUM_DENY, is_cilium
from ringfence.explain.nearest import NearRule
from ringfence.fix.candidate import Case, Step, StepKind, ports_text, rule_name
from ringfence.fix.cilium_shapes import NAMESPACE_LABEL, home_of, new_policy, peer_lists, port_list
from ringfence.fix.named import Named, learns
from ringfence.fix.shapes import Body, Port, path_of, peer_list, value_at
from ringfence.model.objects import RawObject
from ringfence.model.patch import Edit, EditOp, Patch, Path
from ringfence.model.policy import Policy
from ringfence.model.ports import PortSet, Protocol
from ringfence.model.verdict import RuleTrace

_DNS_PODS = {"matchLabels": {NAMESPACE_LABEL: "kube-system", "k8s:k8s-app": "kube-dns"}}
_DNS_PORTS = ((Protocol.UDP, 53), (Protocol.TCP, 53))
_USUAL_DNS = "The input has no DNS pods: the rule for DNS is for those of kube-system with k8s-app=kube-dns, port 53."
_REST = "What else the rule denied is open wherever a policy allows it."


def guards(case: Case) -> bool:
    """True where a policy of Cilium isolates the guarded ends, so that its users are the ones to ask."""
    last = case.verdict.stages[-1] if case.verdict.stages else None
    return last is not None and any(is_cilium(policy.ref) for policy in last.selecting)


def in_use(case: Case) -> bool:
    """True where the cluster has policies of Cilium."""
    return any(is_cilium(ref) for ref in case.world.base.raws)


# ---- what is denied and should be allowed --------------------------------------------------------------------------


def corrections(case: Case, near: NearRule) -> Iterator[Step]:
    """Steps that widen a rule of Cilium's that nearly allows it. A rule of layer 7 is for its requests, and stays."""
    trace = near.trace
    raw = case.world.raw(trace.policy.ref)
    if raw is None or trace.rule.conditions:
        return
    path = path_of(trace.rule.origin)
    if near.trace.peer_matches:
        base = (*path, "toPorts")
        title = f"Allow {ports_text(case.written)} too in {rule_name(trace)}"
        yield from _extended(case, trace, raw, base, port_list(case.written), title)
    elif near.trace.port_matches:
        for peers in peer_lists(case.peers, trace.policy.ref.namespace, case.direction, case.world):
            ((field, entries),) = peers.items()
            title = f"Add {case.peer_name} to the peers of {rule_name(trace)}"
            for entry in entries[:1] if len(entries) == 1 else ():
                yield from _extended(case, trace, raw, (*path, field), entry, title)


def _extended(case: Case, trace: RuleTrace, raw: RawObject, base: Path, entry: object, title: str) -> Iterator[Step]:
    """One more entry of a list that is there."""
    present = value_at(raw.body, base)
    if isinstance(present, list) and present:
        edit = Edit(EditOp.ADD, (*base, len(present)), entry)
        patch = Patch(title, trace.policy.ref, (edit,), origin=trace.rule.origin)
        yield Step(StepKind.EXTEND_RULE, case.direction, (patch,))


def rules(case: Case, namespace: str) -> list[Body]:
    """The rules that allow the case, or, in a list of denies, deny it."""
    ports = {"toPorts": [port_list(case.written)]}
    return [{**peers, **ports} for peers in peer_lists(case.peers, namespace, case.direction, case.world)]


def rule_steps(case: Case, policy: Policy, breadth: int) -> Iterator[Step]:
    """More rules in a policy that isolates the ends."""
    wanted = rules(case, policy.ref.namespace)
    patch = _appended(case, policy, str(case.direction), wanted)
    if wanted and patch is not None:
        yield Step(StepKind.ADD_RULE, case.direction, (patch,), breadth=breadth)


def _appended(case: Case, policy: Policy, section: str, wanted: list[Body]) -> Patch | None:
    raw = case.world.raw(policy.ref)
    spec = path_of(policy.subject.origin)[:-1]
    if raw is None or not spec:
        return None
    present = value_at(raw.body, (*spec, section))
    count = len(present) if isinstance(present, list) else 0
    edits = [Edit(EditOp.ADD, (*spec, section, count + n), rule) for n, rule in enumerate(wanted)]
    if not count:
        edits = [Edit(EditOp.ADD, (*spec, section), wanted)]
    what = "a rule" if len(wanted) == 1 else f"{len(wanted)} rules"
    title = f"Add {what} for {case.peer_name} on {ports_text(case.written)} to {section} of {named(policy.ref)}"
    return Patch(title, policy.ref, tuple(edits), origin=policy.origin)


def policy_steps(case: Case) -> Iterator[Step]:
    """A CiliumNetworkPolicy for just the guarded pods and just this connection."""
    wanted = rules(case, home_of(case))
    side = str(case.direction)
    does = f"{side} {peer_list(case.direction)} {case.peer_name} on {ports_text(case.written)}"
    patch = new_policy(case, "allow", {side: wanted}, does) if wanted else None
    if patch is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (patch,))


def named_steps(case: Case) -> Iterator[Step]:
    """Rules by name, and the one for DNS that lets Cilium learn it: in a policy that isolates, or in one of its own.

    Source: Cilium documentation, "Layer 7 policies", obtaining DNS data for use by toFQDNs.
    """
    named = case.named
    if named is None:
        return
    by_name = replace(case, destination=named.name)
    wanted: list[Body] = [] if learns(case) else _dns_rules(case, named)
    wanted.append({"toFQDNs": [{"matchName": named.name}], "toPorts": [port_list(case.written)]})
    notes = () if named.servers or len(wanted) == 1 else (_USUAL_DNS,)
    for policy in case.verdict.stages[-1].selecting:
        patch = _appended(by_name, policy, str(case.direction), wanted) if is_cilium(policy.ref) else None
        if patch is not None:
            yield Step(StepKind.ADD_RULE, case.direction, (patch,), notes, _breadth(case, policy))
    does = f"{case.direction} {peer_list(case.direction)} {named.name} on {ports_text(case.written)}"
    new = new_policy(by_name, "allow", {str(case.direction): wanted}, does)
    if new is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (new,), notes)


def _dns_rules(case: Case, named: Named) -> list[Body]:
    home = home_of(case)
    asked = {"dns": named.queries(home)}
    servers = [(server.endpoints, _ports(server.ports)) for server in named.servers]
    listed = [
        {**peers, "toPorts": [{**port_list(ports), "rules": asked}]}
        for ends, ports in servers
        for peers in peer_lists(ends, home, case.direction, case.world)
    ]
    return listed or [{"toEndpoints": [dict(_DNS_PODS)], "toPorts": [{**port_list(_DNS_PORTS), "rules": asked}]}]


def _ports(ports: PortSet) -> list[Port]:
    return [(protocol, lo) for protocol in (Protocol.UDP, Protocol.TCP) for lo, _ in ports.of_protocol(protocol)]


def _breadth(case: Case, policy: Policy) -> int:
    engine = case.world.engine
    atoms = engine.program.subjects(policy, engine.universe)
    return max(0, sum(len(engine.universe.atoms[atom].pods) for atom in atoms) - len(case.subjects))


def undenied(case: Case) -> Iterator[Step]:
    """Steps for a denial by a deny: no allow undoes it, so the deny has to go, or to leave the ends or the port out."""
    for trace in case.verdict.deciding:
        raw = case.world.raw(trace.policy.ref)
        path = path_of(trace.rule.origin)
        if raw is None or not path:
            continue
        yield from _port_out(case, trace, raw)
        yield from _peer_out(case, trace, raw)
        patch = Patch(f"Remove {rule_name(trace)}", trace.policy.ref, (Edit(EditOp.REMOVE, path),))
        yield Step(StepKind.REMOVE_RULE, case.direction, (patch,), (_REST,))


def _port_out(case: Case, trace: RuleTrace, raw: RawObject) -> Iterator[Step]:
    """One of several ports, out of its list."""
    path = path_of(trace.port.origin) if trace.port is not None else ()
    path = path[:-1] if path and path[-1] == "port" else path
    entries = value_at(raw.body, path[:-1]) if path else None
    if isinstance(entries, list) and len(entries) > 1:
        title = f"Remove {trace.port} from {rule_name(trace)}"
        patch = Patch(title, trace.policy.ref, (Edit(EditOp.REMOVE, path),), origin=trace.rule.origin)
        yield Step(StepKind.NARROW_RULE, case.direction, (patch,))


def _peer_out(case: Case, trace: RuleTrace, raw: RawObject) -> Iterator[Step]:
    """One of several peers, out of its list."""
    path = path_of(trace.peer.origin) if trace.peer is not None else ()
    entries = value_at(raw.body, path[:-1]) if path else None
    if isinstance(entries, list) and len(entries) > 1:
        title = f"Remove the peer {trace.peer} from {rule_name(trace)}"
        patch = Patch(title, trace.policy.ref, (Edit(EditOp.REMOVE, path),), origin=trace.rule.origin)
        yield Step(StepKind.NARROW_RULE, case.direction, (patch,))


# ---- what is allowed and should be denied --------------------------------------------------------------------------


def denies(case: Case) -> Iterator[Step]:
    """A deny, which wins over every allow: in a policy for just these pods, or in one of their own.

    A deny isolates its direction; where nothing else does, the policy says that it shouldn't.
    """
    section = f"{case.direction}Deny"
    wanted = rules(case, home_of(case))
    if not wanted:
        return
    isolated = any(
        case.direction in policy.isolates
        for stage in case.verdict.stages
        if stage.stage != CILIUM_DENY
        for policy in stage.selecting
    )
    sections: Body = {} if isolated else {"enableDefaultDeny": {str(case.direction): False}}
    does = f"deny {case.direction} {peer_list(case.direction)} {case.peer_name} on {ports_text(case.written)}"
    patch = new_policy(case, "deny", {**sections, section: wanted}, does)
    if patch is not None:
        yield Step(StepKind.NEW_POLICY, case.direction, (patch,))


def is_denied(case: Case) -> bool:
    """True where one of Cilium's denies decides."""
    return case.stage == CILIUM_DENY
